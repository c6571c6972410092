"""Deeper checks of log1pexp."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.days.day10_composition.log1pexp.checks import (
    DERIVATIVE_HINT,
    FEW_ROUNDINGS,
    ROUNDINGS_OF_X,
    TINY,
    log1pexp_oracle,
    sigmoid_oracle,
)
from grader.toolkit import Draw, Learner, check, wide


def drawn(draw: Draw, shape: tuple[int, ...]) -> tuple[jax.Array, float]:
    """Numbers of one sign, and to how much of their size the answer is right there."""
    positive, far = draw.one_of(True, False), draw.one_of(16.0, 90.0, 1e4)
    low, high, rtol = (0.0, far, FEW_ROUNDINGS) if positive else (-far, 0.0, 1e-5)
    return draw.floats(shape, low=low, high=high), rtol


@check(
    "log1pexp",
    "deeper",
    hint="max(x, 0) + log1p(exp(-|x|)), for every x: neither a straight line nor 0 nor 1 comes early, in value or derivative.",
)
def test_log1pexp_in_many_cases(learner: Learner, draw: Draw) -> None:
    x, rtol = drawn(draw, draw.one_of((4,), (), (1, 2)))
    learner.log1pexp.jit()(x).close_to(log1pexp_oracle(x), rtol=rtol, atol=TINY)


@check("log1pexp", "deeper", hint=DERIVATIVE_HINT)
def test_log1pexp_has_derivatives_everywhere(learner: Learner, draw: Draw) -> None:
    x, rtol = drawn(draw, (4,))
    tangent = draw.floats(4, magnitudes=(1e-3, 1e3))

    def both(x: jax.Array, tangent: jax.Array) -> Any:
        value, forwards = jax.jvp(function, (x,), (tangent,))
        return value, forwards, jax.vjp(function, x)[1](tangent)[0]

    function = learner.log1pexp.function
    slope = sigmoid_oracle(x) * wide(tangent)
    result = learner.log1pexp.derive("(value, jvp, vjp) of log1pexp", both).jit()(x, tangent)
    result[0].close_to(log1pexp_oracle(x), rtol=rtol, atol=TINY)
    for part in (1, 2):
        result[part].close_to(slope, rtol=max(rtol, ROUNDINGS_OF_X), atol=1e3 * TINY)


@check(
    "log1pexp",
    "deeper",
    hint="The derivative of eˣ / (1 + eˣ) is that times 1 / (1 + eˣ): the rule is differentiated in its turn.",
)
def test_log1pexp_has_second_derivatives(learner: Learner, draw: Draw) -> None:
    x = draw.floats(4, low=-10.0, high=10.0, special=(0.0,))  # where |x| has a corner
    slope = sigmoid_oracle(x)
    # Written as a difference of products, digits cancel; a slope made of the value has the roundings of x.
    expected = slope * (1 - slope)
    learner.log1pexp.grad().grad().vmap().jit()(x).close_to(expected, rtol=1e-3, atol=1e-6)


@check("log1pexp", "deeper", hint="Each element by itself, whatever the others are.")
def test_log1pexp_keeps_outliers_apart(learner: Learner) -> None:
    x = np.array([1e30, -1e30, 3.0, -3.0], np.float32)
    learner.log1pexp.jit()(jax.numpy.asarray(x)).close_to([1e30, 0.0, *log1pexp_oracle(x[2:])], atol=TINY)
