"""Deeper checks of gram_matrix."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.gram_matrix.checks import gram_oracle, skewed
from grader.days.day06_vmap.shared import ATOL
from grader.toolkit import Array, Draw, Learner, Numbers, check, slope_agrees, wide


def first_difference(a: Any, b: Any) -> Any:
    return jnp.ravel(a)[0] - 3 * jnp.ravel(b)[-1]


@check("gram_matrix", "deeper", hint="K[i, j] = kernel(x[i], y[j]), whatever the shapes are.")
def test_gram_matrix_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, m, item = draw.one_of((3, 2, (2,)), (2, 2, (2,)), (3, 3, (3,)), (1, 4, ()), (4, 4, ()), (2, 5, (2, 2)))
    x = draw.floats((n, *item), magnitudes=(1e-6, 1e6))
    y = draw.floats((m, *item), magnitudes=(1e-6, 1e6))
    handle = learner.gram_matrix.jit(static_argnames="kernel")
    scale = float(np.abs(wide(x)).max() + np.abs(wide(y)).max())
    handle(skewed, x, y).close_to(gram_oracle(x, y), atol=ATOL * (scale + 1))


@check("gram_matrix", "deeper", hint="What the kernel says is what stands in the matrix, NaN too.")
def test_gram_matrix_passes_on_what_the_kernel_says(learner: Learner, draw: Draw) -> None:
    x = draw.floats((3, 2), special=(math.nan, math.inf, -0.0))
    expected = np.array(
        [[np.float32(a[0]) - np.float32(3) * np.float32(b[-1]) for b in np.asarray(x)] for a in np.asarray(x)]
    )
    learner.gram_matrix.jit(static_argnames="kernel")(first_difference, x, x).close_to(expected, atol=ATOL)


@check("gram_matrix", "deeper", hint="Any number of points, in one go.")
def test_gram_matrix_of_many_points(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((300, 2)), numbers.normal((70, 2))
    each = np.abs(wide(x)[:, None] - 2 * wide(y)).sum(axis=2) + 5
    learner.gram_matrix.jit(static_argnames="kernel")(skewed, x, y).close_to(each, atol=ATOL)


def smooth(a: Any, b: Any) -> Any:
    return jnp.sum(jnp.sin(a) * b**2)


def smooth_oracle(_: Any, x: Any, y: Any) -> Array:
    return np.asarray(np.sin(x) @ (np.asarray(y, np.float64) ** 2).T)


@check("gram_matrix", "deeper", hint="The gradient runs through the kernel; nothing may stop it.")
def test_gram_matrix_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    handle = learner.gram_matrix.derive(
        "gram_matrix", lambda x, y: learner.gram_matrix.function(smooth, x, y)
    )
    x, y = numbers.normal((3, 2)), numbers.normal((4, 2))
    for wrt in (0, 1):
        slope_agrees(handle, lambda x, y: smooth_oracle(None, x, y), x, y, wrt=wrt)


@check(
    "gram_matrix",
    "deeper",
    hint="The kernel sees the points as they are, however near to each other they lie.",
)
def test_gram_matrix_of_points_close_together(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((3, 2), scale=1e-7)
    expected = wide(x)[:, None, 0] - 3 * wide(x)[:, 1]
    handle = learner.gram_matrix.jit(static_argnames="kernel")
    handle(first_difference, x, x).close_to(expected, atol=ATOL * 1e-7)
