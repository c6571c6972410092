"""Checks of swap_rows."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, agrees_once, check, raised


def swap_rows_oracle(matrix: jax.Array, i: Any, j: Any) -> Array:
    out = np.array(matrix)
    out[[int(i), int(j)]] = out[[int(j), int(i)]]
    return out


@check(
    "swap_rows",
    "correct",
    hint="Both rows come from the old matrix. If the first write has taken its name, the second reads a row that is gone. "
    "Rows are the first axis, matrix[i]; matrix[:, i] is a column.",
)
def test_swap_rows_by_hand(learner: Learner) -> None:
    learner.swap_rows(jnp.array([[1.0, 2.0], [3.0, 4.0]]), 0, 1).equals([[3.0, 4.0], [1.0, 2.0]])


@check("swap_rows", "correct", hint="The order of i and j does not matter, and the rows between them stay.")
def test_swap_rows_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for i, j in ((16, 0), (3, 9)):
        matrix = numbers.normal((17, 2))
        learner.swap_rows(matrix, i, j).close_to(swap_rows_oracle(matrix, i, j))


@check("swap_rows", "correct", hint="With i = j both writes hit one row; it must come out as it went in.")
def test_swap_rows_leaves_equal_rows(learner: Learner, numbers: Numbers) -> None:
    matrix = numbers.normal((17, 2))
    learner.swap_rows(matrix, 4, 4).close_to(np.asarray(matrix))


@check(
    "swap_rows",
    "correct",
    hint="-1 names the last row. An index knows that; a comparison with row numbers does not.",
)
def test_swap_rows_counts_negatives_from_the_end(learner: Learner, numbers: Numbers) -> None:
    for i, j in ((-1, 0), (2, -3), (-1, 16)):
        matrix = numbers.normal((17, 2))
        learner.swap_rows(matrix, i, j).close_to(swap_rows_oracle(matrix, i, j))


@check(
    "swap_rows",
    "correct",
    hint="Move rows, compute nothing: sums and products round, and inf - inf and 0 * inf are nan.",
)
def test_swap_rows_moves_every_bit(learner: Learner) -> None:
    for rows in ([[1e30, 2.0], [1.0, 1e-30]], [[jnp.inf, 1.0], [2.0, jnp.nan]], [[-0.0, 1.0], [-2.0, 0.0]]):
        matrix = jnp.array(rows)
        expected = swap_rows_oracle(matrix, 0, 1)
        result = learner.swap_rows(matrix, 0, 1).equals(expected)
        signs = np.signbit(result.value) == np.signbit(expected)
        hint = "A sum with 0.0 loses the sign of -0.0: choose and move, and add nothing."
        result.require(signs.all(), "has lost a sign", expected="-0.0", got="0.0", hint=hint)


@check(
    "swap_rows",
    "jit",
    hint="i and j are traced: no int(), no branch, no sorting in Python, and no slice that ends at them. As an index they serve, "
    "matrix[i] or both in one array.",
    answers=raised(),
)
def test_swap_rows_compiles_once(learner: Learner, numbers: Numbers) -> None:
    matrix = numbers.normal((5, 2))
    calls = [(matrix, jnp.int32(i), jnp.int32(j)) for i, j in ((0, 3), (2, 2), (-1, 1))]
    agrees_once(learner.swap_rows.jit(), calls, swap_rows_oracle)
