"""Checks of rnn."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import Params, stays_a_loop
from grader.toolkit import (
    Array,
    Handle,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    hint_when,
    must_beat,
    of_kind,
    own_hint,
    raised,
    wide,
)

STEP = (
    "scan calls its step with the state first and the input second, step(h, x), and the step returns (next state, output). "
    "W, of shape (hidden, d), stands left of x; U, of shape (hidden, hidden), left of the state."
)


def rnn_params(numbers: Numbers, hidden: int, d: int) -> Params:
    return {
        "input": numbers.normal((hidden, d), 0.5),
        "recurrent": numbers.normal((hidden, hidden), 0.4),
        "bias": numbers.normal(hidden, 0.5),
    }


def rnn_oracle(params: Params, inputs: jax.Array, state: jax.Array) -> tuple[Array, Array]:
    w, u, b = (wide(params[name]) for name in ("input", "recurrent", "bias"))
    h, states = wide(state), []
    for x in wide(inputs):
        h = np.tanh(w @ x + u @ h + b)
        states.append(h)
    return h, np.stack(states)


def rnn_gradients_oracle(params: Params, inputs: jax.Array, state: jax.Array, toward: jax.Array) -> Any:
    """The gradients of sum(toward * states) + sum(last²), written out backwards, step by step."""
    w, u = wide(params["input"]), wide(params["recurrent"])
    x, toward_states = wide(inputs), wide(toward)
    last, states = rnn_oracle(params, inputs, state)
    before = [wide(state), *states[:-1]]
    dw, du, db, dx = np.zeros_like(w), np.zeros_like(u), np.zeros(len(u)), np.zeros_like(x)
    dh = 2 * last
    for t in reversed(range(len(x))):
        dz = (dh + toward_states[t]) * (1 - states[t] ** 2)
        dw, du, db = dw + np.outer(dz, x[t]), du + np.outer(dz, before[t]), db + dz
        dx[t], dh = w.T @ dz, u.T @ dz
    return {"input": dw, "recurrent": du, "bias": db}, dx, dh


def rnn_gradients(learner: Learner) -> Handle:
    function = learner.rnn.function

    def gradients(params: Params, inputs: jax.Array, state: jax.Array, toward: jax.Array) -> Any:
        def loss(params: Params, inputs: jax.Array, state: jax.Array) -> jax.Array:
            last, states = function(params, inputs, state)
            return jnp.sum(toward * states) + jnp.sum(last**2)

        return jax.grad(loss, argnums=(0, 1, 2))(params, inputs, state)

    return learner.rnn.derive("gradients of rnn", gradients).jit()


@check(
    "rnn",
    "correct",
    hint="A step gets the state first and then the input: step(h, x). W is (hidden, d) and multiplies x, U is (hidden, hidden)"
    " and multiplies h.",
)
def test_rnn_keeps_shapes_apart(learner: Learner, numbers: Numbers) -> None:
    # Values are for the next ones: in the docstring's example all sizes are 1, and what is swapped there still multiplies.
    call = rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3)
    results = "First the last state, then all states: scan gives them in this order."
    with hint_when(of_kind(Kind.SHAPE), results), own_hint(raised(text="incompatible shapes")):
        compiled_if_possible(learner.rnn, *call)


@check(
    "rnn",
    "correct",
    hint="First the last state, then all states; each comes from its input and the one before.",
)
def test_rnn_by_hand(learner: Learner) -> None:
    # Two numbers come in at each step, and the state is one: what belongs to which shows in the shapes.
    params = {"input": jnp.array([[1.0, 2.0]]), "recurrent": jnp.zeros((1, 1)), "bias": jnp.zeros(1)}
    expected = np.tanh([[0.0], [1.0], [2.5]])
    call = (params, jnp.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]]), jnp.array([5.0]))
    with hint_when(raised(text="contracting|[Ii]ncompatible shapes|carry"), STEP):
        compiled_if_possible(learner.rnn, *call).close_to((expected[-1], expected))


@check(
    "rnn",
    "correct",
    hint="Each step takes the state before it: the first one the state that is given, the others what the last one gave.",
)
def test_rnn_goes_on_from_the_state(learner: Learner) -> None:
    params = {"input": jnp.ones((1, 1)), "recurrent": jnp.ones((1, 1)), "bias": jnp.zeros(1)}
    call = (params, jnp.array([[0.0], [1.0]]), jnp.array([0.5]))
    first = np.tanh(0.5)
    expected = np.array([[first], [np.tanh(1 + first)]])
    compiled_if_possible(learner.rnn, *call).close_to((expected[-1], expected))


@check("rnn", "correct", hint="The bias is added in every step, within the tanh.")
def test_rnn_adds_the_bias(learner: Learner) -> None:
    params = {"input": jnp.ones((1, 1)), "recurrent": jnp.zeros((1, 1)), "bias": jnp.array([0.5])}
    expected = np.tanh([[0.5], [1.5]])
    call = (params, jnp.array([[0.0], [1.0]]), jnp.array([5.0]))
    compiled_if_possible(learner.rnn, *call).close_to((expected[-1], expected))


@check(
    "rnn", "correct", hint="W is (hidden, d) and U (hidden, hidden): they stand left of what they multiply."
)
def test_rnn_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    call = (rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3))
    learner.rnn.jit()(*call).close_to(rnn_oracle(*call))


@check(
    "rnn",
    "correct",
    hint="Scan, and fori_loop with Python bounds, go backwards as well; while_loop does not. Nothing may hold a gradient up.",
)
def test_rnn_gradients_equal_the_unrolled_ones(learner: Learner, numbers: Numbers) -> None:
    call = (rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3), numbers.normal((17, 3)))
    # Sums over 17 steps of both signs: their roundings are those of the terms, not of the sum.
    rnn_gradients(learner)(*call).close_to(rnn_gradients_oracle(*call), rtol=1e-4, atol=1e-4)


@check("rnn", "jit", hint="The program depends on shapes alone; params and state are data.")
def test_rnn_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(rnn_params(numbers, 3, 2), numbers.normal((17, 2)), numbers.normal(3)) for _ in range(2)]
    agrees_once(learner.rnn.jit(), calls, rnn_oracle)


@check(
    "rnn",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan hands the inputs in one by one and stacks what each step returns.",
)
def test_rnn_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    params, state = rnn_params(numbers, 3, 2), numbers.normal(3)
    stays_a_loop(learner.rnn.jit(), lambda length: (params, numbers.normal((length, 2)), state))


def rnn_loop(params: Params, inputs: jax.Array, state: jax.Array) -> tuple[jax.Array, jax.Array]:
    states = []
    for t in range(len(inputs)):
        state = jnp.tanh(params["input"] @ inputs[t] + params["recurrent"] @ state + params["bias"])
        states.append(state)
    return state, jnp.stack(states)


@check(
    "rnn",
    "speed",
    hint="One scan over the inputs: every step goes on from the one before, and none is computed twice.",
)
def test_rnn_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    params, state = rnn_params(numbers, 8, 4), numbers.normal(8)
    must_beat(
        learner,
        learner.rnn.jit(),
        rnn_loop,
        named="a Python loop over steps",
        draw=lambda size: (params, numbers.normal((size, 4)), state),
        size=192,
        gate=40,
        numbers=numbers,
    )
