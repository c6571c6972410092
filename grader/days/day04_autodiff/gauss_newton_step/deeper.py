"""The deeper look at gauss_newton_step."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.shared import Function
from grader.toolkit import Array, Draw, Learner, check, wide


def system(m: int, n: int) -> tuple[Array, Array]:
    """A well-conditioned matrix and a vector beside its range."""
    matrix = np.eye(m, n) + 0.3 * np.sin(1 + np.arange(m * n)).reshape(m, n)
    return matrix.astype(np.float32), (200 * np.cos(np.arange(m))).astype(np.float32)


@functools.cache
def linear(m: int, n: int, size: float) -> Function:
    """The residuals `size` (A x - b)."""
    matrix, target = (jnp.asarray(array) for array in system(m, n))

    def linear(x: jax.Array) -> jax.Array:
        return size * (matrix @ x - target)

    return linear


@check(
    "gauss_newton_step",
    "deeper",
    hint="Linear residuals of any size, from any start: one step arrives at the least squares.",
)
def test_gauss_newton_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    m, n, size = draw.one_of((3, 2, 1.0), (1, 1, 1.0), (3, 3, 1e-5), (5, 1, 1e4), (20, 12, 1e-3))
    x = draw.floats(n, magnitudes=(1e-3, 1e3))
    matrix, target = map(wide, system(m, n))
    expected = np.linalg.lstsq(matrix, target, rcond=None)[0]
    far = float(np.abs(np.asarray(x)).max())
    result = learner.gauss_newton_step.jit(static_argnames="residuals")(linear(m, n, size), x)
    # A step is rounded at the size of the way.
    result.close_to(expected, rtol=1e-4, atol=2e-5 * (200 + far))
