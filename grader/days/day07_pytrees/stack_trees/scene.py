"""Five trees joined into one: each leaf holds a wave of its own height, so that a row tells from which tree it came.

Joined along an axis that is there already they are one long row, along the last one they are columns, and where only pairs are
joined rows are missing. Whole numbers that float32 cannot hold come in the last image, as what they are above 2 to the 24.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

TREES, LENGTH = 5, 16


def draw(stack_trees: Any) -> list[Any]:
    """A wave, a matrix and a few large integers in each tree."""
    ticks = np.arange(LENGTH)
    trees = [
        {
            "wave": [jnp.asarray((k + 1) * np.sin(ticks / 2 + k), jnp.float32), None],
            "matrix": jnp.asarray(np.eye(4, k=k - 2) + k / 4, jnp.float32),
            "count": jnp.asarray(2**24 + 2 * np.arange(6) + k, jnp.int32),
        }
        for k in range(TREES)
    ]
    joined = stack_trees(trees)
    wave, matrix = joined["wave"][0], np.asarray(joined["matrix"])
    return [
        image("waves: trees (down)", wave, scale="signed"),
        image("matrices: trees (down), their rows one after the other", matrix.reshape(len(matrix), -1)),
        image(
            "whole numbers beyond 2 to the 24", np.asarray(joined["count"]) - 2.0**24, scale="labels", high=15
        ),
    ]


SCENE = Scene(
    "Five trees joined into one: a wave from each, a matrix from each, and large whole numbers from each.",
    draw,
    shows=["concatenates", "last_axis", "pairs", "writes_into_float32"],
)
