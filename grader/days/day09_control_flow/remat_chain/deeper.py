"""Deeper checks of remat_chain."""

from __future__ import annotations

import jax.numpy as jnp

from grader.days.day09_control_flow.remat_chain.checks import (
    chain,
    chain_gradients,
    chain_gradients_oracle,
    chain_oracle,
)
from grader.toolkit import Draw, Learner, Numbers, check


@check("remat_chain", "deeper", hint="x → tanh(x Wₗ), layer by layer, for every perfect square of them.")
def test_remat_chain_in_many_cases(learner: Learner, draw: Draw) -> None:
    # The deeper, the nearer to the identity: what grows from layer to layer lets roundings grow.
    n_layers, n, d, spread = draw.one_of((1, 1, 2, 2.0), (4, 3, 1, 1.0), (9, 3, 2, 0.3), (25, 2, 3, 0.1))
    weights = jnp.eye(d) + draw.floats((n_layers, d, d), low=-spread, high=spread)
    x = draw.floats((n, d), magnitudes=(1e-4, 1e4))
    learner.remat_chain.jit()(weights, x).close_to(chain_oracle(weights, x), rtol=1e-4, atol=1e-4)


@check(
    "remat_chain", "deeper", hint="Gradients go through all layers, however many: nothing may hold them up."
)
def test_remat_chain_has_the_gradients_of_deep_chains(learner: Learner, numbers: Numbers) -> None:
    for n_layers in (4, 64):
        weights = jnp.eye(2) + numbers.normal((n_layers, 2, 2), 0.05)
        call = weights, numbers.normal((3, 2)), numbers.normal((3, 2))
        expected = chain_gradients_oracle(*call)
        chain_gradients(learner.remat_chain)(*call).close_to(expected, rtol=1e-3, atol=1e-3)


@check(
    "remat_chain",
    "deeper",
    hint="x and weights count as they are, tiny ones, large ones and NaN: clip, round and replace nothing.",
)
def test_remat_chain_takes_numbers_as_they_are(learner: Learner, numbers: Numbers) -> None:
    run, (weights, x) = learner.remat_chain.jit(), chain(numbers, 4)
    for unit in (1e-6, 1e6):  # only what stands within the tanh counts
        call = jnp.concatenate([unit * weights[:1], weights[1:]]), x / unit
        run(*call).close_to(chain_oracle(*call), rtol=1e-4, atol=1e-5)
    run(weights, 1e-7 * x).close_to(chain_oracle(weights, 1e-7 * x), rtol=1e-4, atol=1e-11)
    for call in ((weights, x.at[1, 0].set(jnp.nan)), (weights.at[0, 0, 1].set(jnp.nan), x)):
        run(*call).close_to(chain_oracle(*call), rtol=1e-4, atol=1e-5)
