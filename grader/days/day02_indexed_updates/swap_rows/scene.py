"""A matrix before and after an exchange of rows: of two, of two counted from both ends, and of a row with itself.

Each row is a ramp at a height of its own, one holds a NaN and one an infinity: a row that is lost, doubled or cleared shows,
and so does arithmetic, which lets NaN and infinity spill over.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

EXCHANGES = ((1, 4), (-1, 0), (3, -3))


def draw(swap_rows: Any) -> list[Any]:
    """The matrix as it is, and as each exchange leaves it."""
    matrix = np.linspace(0, 0.8, 6)[:, None] + np.linspace(0, 0.2, 5)
    matrix[1, 1], matrix[4, 3] = np.nan, np.inf
    panels = [image("before", matrix, low=0, high=1, given=True)]
    for i, j in EXCHANGES:
        swapped = swap_rows(jnp.asarray(matrix, jnp.float32), jnp.asarray(i), jnp.asarray(j))
        panels.append(image(f"rows {i} and {j}", swapped, low=0, high=1))
    return panels


SCENE = Scene(
    "A matrix of six rows, with a NaN in row 1 and an infinity in row 4, and the same with two rows exchanged. Row 3 and row -3 "
    "are one row.",
    draw,
    shows=[
        "reads_what_it_wrote",
        "columns",
        "by_difference",
        "by_matrix_product",
        "compares_row_numbers",
        "adds_twice",
    ],
)
