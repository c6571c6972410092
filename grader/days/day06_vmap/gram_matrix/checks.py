"""Checks of gram_matrix."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL, GATE, takes_all_at_once
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    must_beat,
    told_by,
    wide,
)


def inner_product(a: Any, b: Any) -> Any:
    return a @ b


def skewed(a: Any, b: Any) -> Any:
    """Not symmetric, and of points of any shape, which it tells apart."""
    return jnp.sum(jnp.abs(a - 2 * b)) + 5 * a.ndim


def gram_oracle(x: Any, y: Any) -> Array:
    return np.array([[np.sum(np.abs(a - 2 * b)) + 5 * a.ndim for b in wide(y)] for a in wide(x)])


@check(
    "gram_matrix",
    "correct",
    hint="Row i belongs to x[i], column j to y[j]. Lift the kernel twice, and each time share one of its arguments: None.",
)
def test_gram_matrix_by_hand(learner: Learner) -> None:
    x, y = jnp.array([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]), jnp.array([[1.0, 0.0], [2.0, 1.0]])
    learner.gram_matrix(inner_product, x, y).equals([[1.0, 4.0], [3.0, 10.0], [0.0, 1.0]])


@check(
    "gram_matrix",
    "correct",
    hint="Evaluate every pair, kernel(x[i], y[j]) in this order, also where x and y are the same points: the kernel may lean to "
    "one side.",
)
def test_gram_matrix_agrees_with_a_double_loop(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((17, 2)), numbers.normal((2, 2))
    learner.gram_matrix(skewed, x, y).close_to(gram_oracle(x, y), atol=ATOL)
    # The same points on both sides: still no symmetric matrix.
    learner.gram_matrix(skewed, y, y).close_to(gram_oracle(y, y), atol=ATOL)


@check(
    "gram_matrix", "correct", hint="Keep both axes: one point against one point is a matrix of shape (1, 1)."
)
def test_gram_matrix_takes_single_points(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((1, 2)), numbers.normal((1, 2))
    compiled_if_possible(learner.gram_matrix, skewed, x, y, static="kernel").close_to(
        gram_oracle(x, y), atol=ATOL
    )


@check(
    "gram_matrix",
    "correct",
    hint="Map the first axis, whatever follows. Numbers have no axis but that one, images have two more.",
)
def test_gram_matrix_takes_points_of_any_shape(learner: Learner, numbers: Numbers) -> None:
    # As many numbers in x as in y: the matrix is square, and is not symmetric.
    for item, m in (((), 3), ((2, 3), 2)):
        x, y = numbers.normal((3, *item)), numbers.normal((m, *item))
        result = compiled_if_possible(learner.gram_matrix, skewed, x, y, static="kernel")
        expected = gram_oracle(x, y)
        one_sided = "The diagonal is right, and what is beside it is not: the kernel need not be symmetric, so mirror nothing."
        told = told_by(np.diag(result.value), {one_sided: np.diag(expected)}) if m == len(x) else None
        result.close_to(expected, atol=ATOL, hint=told)


@check(
    "gram_matrix", "jit", hint="The points are traced: build the matrix with array operations and vmap alone."
)
def test_gram_matrix_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(skewed, numbers.normal((5, 2)), numbers.normal((3, 2))) for _ in range(2)]
    agrees_once(
        learner.gram_matrix.jit(static_argnames="kernel"), calls, lambda _, x, y: gram_oracle(x, y), atol=ATOL
    )


@check(
    "gram_matrix",
    "jit",
    hint="What you wrote will be mapped by others: here over groups of points, along axis 1.",
)
def test_gram_matrix_lifts_once_more(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((5, 4, 2)), numbers.normal((3, 2))
    lifted = learner.gram_matrix.vmap(in_axes=(None, 1, None), out_axes=2).jit(static_argnames="kernel")
    expected = np.stack([gram_oracle(x[:, group], y) for group in range(4)], axis=2)
    lifted(skewed, x, y).close_to(expected, atol=ATOL)


@check(
    "gram_matrix",
    "jit",
    hint="lax.map and its kin take turns. vmap turns the kernel into one that takes all at once.",
)
def test_gram_matrix_takes_all_pairs_at_once(learner: Learner) -> None:
    few, many = ((skewed, jnp.zeros((n, 2)), jnp.zeros((n - 2, 2))) for n in (5, 10))
    takes_all_at_once(learner.gram_matrix.jit(static_argnames="kernel"), few, many, loops=False)


def gram_loop(kernel: Any, x: jax.Array, y: jax.Array) -> Array:
    return np.array([[float(kernel(x[i], y[j])) for j in range(len(y))] for i in range(len(x))])


@check(
    "gram_matrix",
    "speed",
    hint="vmap(kernel, in_axes=(None, 0)) takes one point and all of y. Lift that over x.",
)
def test_gram_matrix_beats_the_double_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.gram_matrix.jit(static_argnames="kernel"),
        gram_loop,
        named="a Python double loop",
        draw=lambda size: (skewed, numbers.normal((size, 3)), numbers.normal((size, 3))),
        size=9,
        gate=GATE,
        numbers=numbers,
    )
