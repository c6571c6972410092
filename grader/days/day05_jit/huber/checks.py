"""Checks of huber."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    bans,
    check,
    same_size_for,
    traces_at_most,
    wide,
)


def huber_oracle(x: Any, delta: Any) -> Array:
    x, delta = wide(x), float(delta)
    out = np.zeros(x.shape)
    for place, value in np.ndenumerate(x):
        size = abs(value)
        out[place] = 0.5 * size * size if size <= delta else delta * (size - 0.5 * delta)
    return out


@check(
    "huber",
    "correct",
    hint="Up to |x| = delta it is half the square; beyond, a straight line that goes on from there with slope delta.",
)
def test_huber_by_hand(learner: Learner) -> None:
    learner.huber(jnp.array([-3.0, 0.5, 2.0, 1.0]), 2).close_to([4.0, 0.125, 2.0, 0.5])


@check("huber", "correct", hint="Write it down yourself: two formulas and a choice.")
def test_huber_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.huber, "optax", on=(jnp.arange(7.0), 2.0))


@check("huber", "correct", hint="Each element decides for itself; a jnp.where chooses for all of them.")
def test_huber_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for scale in (2.0, 2e-4):  # what is tiny must be right in its own digits
        x, delta = numbers.normal((3, 5), scale=scale), scale * float(numbers.uniform(0.25, 1.0))
        tiny = (
            "What is tiny must be right in its own digits: add no small number, and compare with delta alone."
        )
        learner.huber(x, delta).close_to(huber_oracle(x, delta), atol=0.0, hint=tiny if scale < 1 else None)


@check("huber", "correct", hint="With delta = 0 nothing but 0 itself lies inside, and both formulas give 0.")
def test_huber_takes_a_delta_of_zero(learner: Learner) -> None:
    learner.huber(jnp.array([-3.0, 0.0, 2.0, 1.0]), 0.0).equals([0.0, 0.0, 0.0, 0.0])


@check(
    "huber",
    "correct",
    hint="The square of 1e30 is inf, and 0 * inf is nan. Choose with jnp.where; do not multiply with a mask.",
)
def test_huber_survives_huge_elements(learner: Learner) -> None:
    x = jnp.array([1e30, -1e30, 1.0, -3.0])
    learner.huber(x, 1.5).close_to(huber_oracle(x, 1.5))


@check("huber", "correct", hint="The lines have no end: they rise beyond any bound, up to infinity.")
def test_huber_has_no_upper_bound(learner: Learner) -> None:
    learner.huber(jnp.array([np.inf, 40.0, -np.inf, -3.0]), 1.5).close_to([np.inf, 58.875, np.inf, 3.375])


@check(
    "huber",
    "jit",
    hint="Each value of a static argument makes a program of its own, and so does each new function that you put under "
    "jit. Leave delta traced.",
)
def test_huber_shares_one_program(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(4)
    calls = [(x, delta) for delta in (0.375, 0.625, 0.875, 1.125, 1.375)]
    for call, result in zip(calls, traces_at_most(learner.huber, 1, calls), strict=True):
        result.close_to(huber_oracle(*call))


@check("huber", "jit", hint="Neither x nor delta has a value while JAX traces: choose with jnp.where.")
def test_huber_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(4, scale=2.0), jnp.float32(delta)) for delta in (1.0, 0.0, 2.5)]
    agrees_once(learner.huber.jit(), calls, huber_oracle)


@check("huber", "jit", hint="One jnp.where serves all elements.")
def test_huber_has_no_python_loop(learner: Learner) -> None:
    delta = jnp.float32(1.0)
    same_size_for(learner.huber.jit(), (jnp.zeros(4), delta), (jnp.zeros(8), delta))


@check(
    "huber",
    "jit",
    hint="By x the parabola has slope x, 0 at its foot, and the lines have slopes of delta and -delta. No stop_gradient may "
    "stand in the way, and no 1 / |x| or root of x²: both branches of a jnp.where are differentiated.",
)
def test_huber_has_a_slope(learner: Learner) -> None:
    slope = learner.huber.grad().vmap(in_axes=(0, None)).jit()
    x = jnp.array([-30.0, -0.5, 1e30, 0.25, 0.0, 1.5])
    slope(x, jnp.float32(1.5)).close_to([-1.5, -0.5, 1.5, 0.25, 0.0, 1.5])
