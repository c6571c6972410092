"""The deeper look at derivatives."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.days.day04_autodiff.derivatives.checks import sine_and_tanh, sine_and_tanh_oracle
from grader.toolkit import Array, Draw, Learner, check, wide


def polynomial(x: jax.Array) -> jax.Array:
    return ((x - 3) * x + 1) * x**2


def polynomial_oracle(xs: Any, order: int) -> tuple[Array, Array]:
    """The derivatives of x⁴ - 3 x³ + x², and the size of their terms."""
    x, coefficients = wide(xs), np.array([0.0, 0.0, 1.0, -3.0, 1.0])
    rows, sizes = [], []
    for _ in range(order + 1):
        powers = np.stack([x**k for k in range(len(coefficients))])
        rows.append(coefficients @ powers)
        sizes.append(np.abs(coefficients) @ np.abs(powers))
        coefficients = np.append(coefficients[1:] * np.arange(1, len(coefficients)), 0.0)
    return np.stack(rows), np.stack(sizes)


@check(
    "derivatives",
    "deeper",
    hint="Row k is the k-th derivative at every point, up to the order that is asked for.",
)
def test_derivatives_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, order = draw.one_of((2, 2), (1, 0), (3, 3), (1, 5))
    xs = draw.floats(n, magnitudes=(1e-7, 1e3), special=(0.0, 1.0))
    result = learner.derivatives.jit(static_argnames=("function", "order"))(polynomial, xs, order)
    expected, sizes = polynomial_oracle(xs, order)
    for k in range(order + 1):
        result[k].close_to(expected[k], atol=3e-6 * float(sizes[k].max()))


@check(
    "derivatives",
    "deeper",
    hint="Exact derivatives at small and at large points: nothing is cut off where the function is flat.",
)
def test_derivatives_of_sine_and_tanh(learner: Learner, draw: Draw) -> None:
    order = draw.one_of(1, 4)
    xs = draw.floats(3, low=-12, high=12)
    result = learner.derivatives.jit(static_argnames=("function", "order"))(sine_and_tanh, xs, order)
    # The fourth derivative of tanh is a difference of terms of size 20.
    result.close_to(sine_and_tanh_oracle(xs, order), atol=1e-4)
