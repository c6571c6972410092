"""Rows of a table read by number, some of which are no rows, with a number and with NaN for those.

The rows are ramps of different heights, so that it can be seen which one was read: a bad number that is clamped gives the
last row, one that wraps gives a row from the end. The last row holds a NaN, which must neither spread nor be filled.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

ROWS, COLUMNS = 5, 8
INDICES = np.array([0, 4, -1, 2, 5, 1, 40, -3, 3])


def draw(safe_take: Any) -> list[Any]:
    """The table, and what is read from it twice."""
    table = np.linspace(0, 0.8, ROWS)[:, None] + np.linspace(0, 0.2, COLUMNS)
    table[4, 2] = np.nan
    x, indices = jnp.asarray(table, jnp.float32), jnp.asarray(INDICES)
    return [
        image("the table", table, low=0, high=1, given=True),
        image("rows 0, 4, -1, 2, 5, 1, 40, -3, 3, else 0.5", safe_take(x, indices, 0.5), low=0, high=1),
        image("the same, else NaN", safe_take(x, indices, float("nan")), low=0, high=1),
    ]


SCENE = Scene(
    "A table of five rows, one of them with a NaN, and nine rows read from it by number: where there is no such row, all of it "
    "is one half, or NaN.",
    draw,
    shows=[
        "clamped",
        "off_by_one",
        "negatives_wrap",
        "take_with_fill",
        "flattened",
        "mask_times",
        "nan_as_marker",
    ],
)
