"""Deeper checks of rnn."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.rnn.checks import (
    rnn_gradients,
    rnn_gradients_oracle,
    rnn_oracle,
    rnn_params,
)
from grader.toolkit import Draw, Learner, Numbers, check, wide


@check(
    "rnn",
    "deeper",
    hint="hₜ = tanh(W xₜ + U hₜ₋₁ + b), for any number of states, inputs and steps: which matrix belongs to which?",
)
def test_rnn_in_many_cases(learner: Learner, draw: Draw) -> None:
    hidden, d, length = draw.one_of((2, 1, 1), (3, 2, 17), (2, 4, 3), (5, 1, 33))
    params = {
        "input": draw.floats((hidden, d), low=-2.0, high=2.0),
        # Of norm 1 at most, so that roundings do not grow.
        "recurrent": draw.floats((hidden, hidden), low=-1.0 / hidden, high=1.0 / hidden),
        "bias": draw.floats(hidden, low=-2.0, high=2.0),
    }
    call = params, draw.floats((length, d), magnitudes=(1e-4, 1e3)), draw.floats(hidden)
    # A sum of some thousands within the tanh is known to 1e-4 or so.
    learner.rnn.jit()(*call).close_to(rnn_oracle(*call), rtol=1e-3, atol=1e-3)


@check(
    "rnn",
    "deeper",
    hint="Gradients go back through all steps, to the first one. Nothing may hold them up, now or after some steps.",
)
def test_rnn_gradients_go_all_the_way(learner: Learner, numbers: Numbers) -> None:
    length, hidden, d = 150, 3, 2
    turned, _ = np.linalg.qr(wide(numbers.normal((hidden, hidden))))
    params = {
        "input": numbers.normal((hidden, d), 0.5),
        "recurrent": jnp.asarray(turned, jnp.float32),  # keeps lengths, and so gradients
        "bias": jnp.zeros(hidden),
    }
    # So small that tanh is nearly straight.
    inputs, state = numbers.normal((length, d), 0.005), numbers.normal(hidden, 0.02)
    call = params, inputs, state, numbers.normal((length, hidden))
    expected = rnn_gradients_oracle(*call)
    # Sums over 150 steps of both signs.
    rnn_gradients(learner)(*call).close_to(expected, rtol=1e-3, atol=2e-3)


@check("rnn", "deeper", hint="In the long run, too, each state comes from the one before.")
def test_rnn_runs_long(learner: Learner, numbers: Numbers) -> None:
    params = rnn_params(numbers, 3, 2)
    # So that roundings do not grow.
    params["recurrent"] *= 0.9 / float(np.linalg.norm(wide(params["recurrent"]), 2))
    call = params, numbers.normal((3000, 2)), numbers.normal(3)
    learner.rnn.jit()(*call).close_to(rnn_oracle(*call), rtol=1e-4, atol=1e-4)


@check(
    "rnn",
    "deeper",
    hint="Only what stands within the tanh counts: small weights may meet large numbers. Clip and round nothing.",
)
def test_rnn_at_any_scale(learner: Learner) -> None:
    large = jnp.array([[5e5]]), jnp.array([4e5, -7e5])
    small = jnp.array([[5e-7]]), jnp.array([4e-7, -7e-7])
    for unit, (inputs, state) in ((1e-6, large), (1e6, small)):
        params = {
            "input": unit * jnp.array([[1.0], [-2.0]]),
            "recurrent": unit * jnp.array([[0.5, 1.0], [-0.25, 1.5]]),
            "bias": jnp.zeros(2),
        }
        learner.rnn.jit()(params, inputs, state).close_to(rnn_oracle(params, inputs, state), atol=1e-5)
    params = {name: jnp.zeros_like(value) for name, value in params.items()} | {"bias": jnp.array([1e-6, 0])}
    learner.rnn.jit()(params, *large).close_to(([1e-6, 0.0], [[1e-6, 0.0]]), atol=0.0)


@check(
    "rnn", "deeper", hint="A NaN goes on into the state, and so into all states that follow: replace nothing."
)
def test_rnn_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    params, inputs, state = rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3)
    broken = params | {"input": params["input"].at[0, 1].set(jnp.nan)}
    for call in (
        (params, inputs.at[9, 1].set(jnp.nan), state),
        (params, inputs, state.at[0].set(jnp.nan)),
        (broken, inputs, state),
    ):
        learner.rnn.jit()(*call).close_to(rnn_oracle(*call), atol=1e-4, rtol=1e-4)
