"""One wave in four kinds of units, standardized: it comes out the same from each column, and flat where all rows are alike.

The table is wider than long, its columns are not of deviation 1, one lies far from zero, and one deviates by little more than
eps: whoever takes another axis, another deviation, the mean of squares or no eps has a wave of another height somewhere.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line

ROWS = 12
TITLES = (
    "a column of mean 170 and deviation 10",
    "far from zero: mean 10000, deviation 2",
    "tiny: mean 0, deviation 0.000004",
    "a column of sevens",
)


def draw(standardize: Any) -> list[Any]:
    """Four of sixteen columns; the others repeat them, so that there are more columns than rows."""
    row = np.arange(ROWS)
    wave = np.sqrt(2) * np.sin(2 * np.pi * row / ROWS)
    columns = [170 + 10 * wave, 10000 + 2 * wave, 4e-6 * wave, np.full(ROWS, 7.0)]
    table = jnp.asarray(np.tile(np.stack(columns, axis=1), 4), jnp.float32)
    found = np.asarray(standardize(table))
    axes: dict[str, Any] = {"across": "row", "up": "value"}
    return [
        chart(
            title,
            line(row, np.zeros(ROWS), "the mean", given=True),
            line(row, column, "standardized"),
            **axes,
        )
        for title, column in zip(TITLES, np.atleast_2d(found).T[:4], strict=False)
    ]


SCENE = Scene(
    "One wave in four kinds of units. Standardized, it swings as far in each column; less where eps counts; not at all where all "
    "rows are alike.",
    draw,
    shows=[
        "over_the_whole_table",
        "rows_instead_of_columns",
        "along_the_longer_side",
        "sample_deviation",
        "variance_for_deviation",
        "without_eps",
        "mean_of_squares",
        "eps_inside_the_root",
        "small_deviation_is_none",
    ],
)
