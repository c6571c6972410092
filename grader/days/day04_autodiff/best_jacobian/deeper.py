"""The deeper look at best_jacobian."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.shared import Function
from grader.toolkit import Array, Draw, Learner, check, wide


def weights(m: int, n: int) -> Array:
    return np.sin(1 + np.arange(m * n)).reshape(m, n).astype(np.float32)


@functools.cache
def mixed(m: int, n: int) -> Function:
    """The function x ↦ W x² from n numbers to m."""

    def mixed(x: jax.Array) -> jax.Array:
        return jnp.asarray(weights(m, n)) @ x**2

    return mixed


@check(
    "best_jacobian",
    "deeper",
    hint="Row i belongs to output i, column j to input j, whichever mode computes them and however many there are.",
)
def test_best_jacobian_in_many_cases(learner: Learner, draw: Draw) -> None:
    m, n = draw.one_of((3, 2), (1, 1), (3, 3), (2, 3), (1, 5), (5, 1))
    x = draw.floats(n, magnitudes=(1e-7, 1e3))
    expected = wide(weights(m, n)) * 2 * wide(x)
    learner.best_jacobian.jit(static_argnames="function")(mixed(m, n), x).close_to(expected, atol=0)
