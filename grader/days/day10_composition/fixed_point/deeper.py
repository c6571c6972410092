"""Deeper checks of fixed_point."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.fixed_point.checks import gradient_at
from grader.toolkit import Array, Draw, Learner, check, wide


def halved(x: jax.Array, theta: jax.Array) -> jax.Array:
    return x / 2 + theta


@check(
    "fixed_point",
    "deeper",
    hint="x ← x / 2 + 3 leads from 7 to 6, and stays there. With a NaN for the 3 it leads to NaN.",
)
def test_fixed_point_meets_the_example(learner: Learner) -> None:
    start, theta = jnp.float32(7.0), jnp.float32(3.0)
    learner.fixed_point.jit(static_argnums=0)(halved, start, theta).close_to(6.0)
    gradient_at(learner.fixed_point, halved, start, theta, jnp.float32(1.0)).close_to((0.0, 2.0))
    learner.fixed_point.jit(static_argnums=0)(halved, start, jnp.float32(np.nan)).close_to(np.nan)


def bent(x: jax.Array, theta: Any) -> jax.Array:
    """Row by row a matrix, the hyperbolic tangent, and a shift; theta holds a leaf that is never used."""
    matrix, (shift, _) = theta
    return jnp.asarray(jnp.tanh(x @ matrix) + shift)


def bent_oracle(theta: Any, v: Any) -> tuple[Array, tuple[Array, Array]]:
    """The point, and the gradient of its product with v with respect to matrix and shift."""
    matrix, shift = wide(theta[0]), wide(theta[1][0])
    x = np.zeros_like(shift)
    for _ in range(400):
        x = np.tanh(x @ matrix) + shift
    slope, u = 1 - np.tanh(x @ matrix) ** 2, wide(v)
    for _ in range(400):
        u = wide(v) + (u * slope) @ matrix.T
    return x, (x.T @ (u * slope), u)


@check(
    "fixed_point",
    "deeper",
    hint="For any shape of x and any tree theta, of any size: settle x, and backwards u = v + Aᵀu at that x; then Bᵀu, shaped"
    " like theta.",
)
def test_fixed_point_in_many_cases(learner: Learner, draw: Draw) -> None:
    unit = 10.0 ** draw.one_of(0, -1, 1)
    matrix = wide(draw.floats((3, 3), low=-1.0, high=1.0))
    # At unit 10 the tangent is flat; wherever it is not, the matrix is what shrinks.
    matrix *= 0.8 / max(0.8, float(np.linalg.norm(matrix, 2)))
    shift, start = (jnp.asarray(unit * wide(draw.floats((2, 3))), jnp.float32) for _ in range(2))
    v = draw.floats((2, 3), low=-1.0, high=1.0)
    theta = jnp.asarray(matrix, jnp.float32), (shift, jnp.ones(2))
    point, (by_matrix, by_shift) = bent_oracle(theta, v)
    far = float(np.abs(point).max())
    result = learner.fixed_point.jit(static_argnums=0)(bent, start, theta)
    # A loop may stop at a tolerance of 1e-7.
    result.close_to(point, rtol=1e-4, atol=max(1e-4 * far, 2e-6))
    gradient = gradient_at(learner.fixed_point, bent, start, theta, v)
    gradient[0].close_to(np.zeros((2, 3)))
    gradient[1][0].close_to(
        by_matrix, rtol=1e-3, atol=1e-4 * max(far, 0.1) * max(1.0, float(np.abs(by_shift).max()))
    )
    gradient[1][1][0].close_to(by_shift, rtol=1e-3, atol=1e-4)
    gradient[1][1][1].close_to(np.zeros(2))


@check(
    "fixed_point",
    "deeper",
    hint="Where x begins at the point, nothing moves, and it has a gradient all the same.",
)
def test_fixed_point_starts_at_the_point(learner: Learner) -> None:
    start, theta = jnp.float32(6.0), jnp.float32(3.0)
    learner.fixed_point.jit(static_argnums=0)(halved, start, theta).close_to(6.0)
    gradient_at(learner.fixed_point, halved, start, theta, jnp.float32(-2.0)).close_to((0.0, -4.0))
