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
    n_layers, n, d = draw.one_of((1, 1, 2), (4, 3, 1), (9, 3, 2), (25, 2, 3))
    weights = jnp.eye(d) + draw.floats((n_layers, d, d), low=-0.5, high=0.5)
    x = draw.floats((n, d), magnitudes=(1e-4, 1e4))
    learner.remat_chain.jit()(weights, x).close_to(chain_oracle(weights, x), rtol=1e-4, atol=1e-5)


@check(
    "remat_chain", "deeper", hint="Gradients go through all layers, however many: nothing may hold them up."
)
def test_remat_chain_has_the_gradients_of_deep_chains(learner: Learner, numbers: Numbers) -> None:
    for n_layers in (4, 64):
        call = (*chain(numbers, n_layers), numbers.normal((3, 2)))
        expected = chain_gradients_oracle(*call)
        chain_gradients(learner.remat_chain)(*call).close_to(expected, rtol=1e-3, atol=1e-4)
