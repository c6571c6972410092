"""Checks of straight_through_round."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import has_the_dtype_of, listed, sent_back
from grader.toolkit import (
    Called,
    Learner,
    Numbers,
    Shown,
    agrees_once,
    check,
    compiles_once,
    float16,
    told_by,
)


@check("straight_through_round", "correct", hint="jnp.round rounds, and sends halves to the even neighbour.")
def test_straight_through_round_by_hand(learner: Learner) -> None:
    learner.straight_through_round(jnp.array([0.4, 1.5, 2.5, -0.6])).equals([0.0, 2.0, 2.0, -1.0])


@check(
    "straight_through_round",
    "correct",
    hint="Whole numbers come out exactly, near and far from 0. A sum such as round(x) + x - x rounds on the way: take the "
    "difference of the two that are near each other first, or write a rule of your own.",
)
def test_straight_through_round_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for scale in (1.0, 1e3, 1e7):
        x = numbers.normal(4, scale=scale)
        learner.straight_through_round(x).equals(np.round(np.asarray(x)))
    x = jnp.array([0.49999997, -0.49999997, 8388609.0, -12345679.0])
    almost = "Adding 0.5 rounds, too: 0.49999997 + 0.5 is 1 in float32. jnp.round needs no sum."
    shown = Shown("[0.49999997, -0.49999997, 8388609, -12345679]", x)
    learner.straight_through_round(shown).equals(np.round(np.asarray(x)), hint=almost)
    x = jnp.array([3e9, -3e9, 1.5, 2.5])
    beyond = "int32 ends at 2.1e9. Rounded numbers may stay floats: jnp.round keeps the dtype."
    learner.straight_through_round(x).equals(np.round(np.asarray(x)), hint=beyond)


@check(
    "straight_through_round",
    "correct",
    hint="Backwards it is the identity: what comes in goes out, wherever x lies. lax.stop_gradient hides the rounding, "
    "or a rule of your own says so.",
)
def test_straight_through_round_lets_the_gradient_through(learner: Learner, numbers: Numbers) -> None:
    # Neither a large x nor a large gradient is cut off.
    for x in (jnp.array([0.4, 1.5, -7.0, 30.2]), jnp.array([-130.5, 1e4, -3e9, 0.0])):
        gradient = numbers.normal(4) * jnp.array([1.0, 1e-6, 1e4, 1e9])
        came = sent_back(learner.straight_through_round, gradient, x)
        nothing = (
            "Nothing comes back: rounding alone is flat, and lax.stop_gradient stops all that it is put around. Hide only what "
            "the rounding adds, round(x) - x, and leave x itself outside; or write a rule of your own."
        )
        came.close_to(np.asarray(gradient), atol=0, hint=told_by(came.value, {nothing: np.zeros(4)}))


@check(
    "straight_through_round",
    "correct",
    hint="What comes after the rounding sees the rounded number: the gradient of round(x)² is 2 round(x).",
)
def test_straight_through_round_works_in_the_middle(learner: Learner) -> None:
    handle, x = learner.straight_through_round, jnp.array([0.4, 1.5, 2.7, -0.6])

    def loss(x: jax.Array) -> jax.Array:
        return jnp.sum(handle.function(x) ** 2)

    text = f"The gradient of sum(straight_through_round(x)**2) at {listed(x)}"
    handle.using(text, jax.grad(loss), x).close_to([0.0, 4.0, 6.0, -2.0])


@check("straight_through_round", "correct", hint="Value and gradient keep the dtype of x.")
def test_straight_through_round_keeps_the_dtype(learner: Learner) -> None:
    x, gradient = float16([0.4, 1.5, 2.5, -0.6]), float16([1.0, 2.0, 3.0, 4.0])
    has_the_dtype_of(learner.straight_through_round(x), x)
    sent_back(learner.straight_through_round, gradient, x).equals(np.asarray(gradient))


@check("straight_through_round", "jit", hint="No Python branch and no NumPy: x is traced.")
def test_straight_through_round_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4, scale=5.0),) for _ in range(3)]
    agrees_once(
        learner.straight_through_round.jit(), calls, lambda x: np.round(np.asarray(x)), by=Called.equals
    )


@check("straight_through_round", "jit", hint="Rule and rounding must stand being lifted and compiled.")
def test_straight_through_round_composes(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4, scale=5.0),) for _ in range(2)]
    for result in compiles_once(learner.straight_through_round.grad().vmap().jit(), calls):
        result.close_to(np.ones(4))
