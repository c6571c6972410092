"""Where each label points, and the row that comes of it: some labels lie to the left of the first class, some beyond the last.

Both images have a row for each label. A row that should be empty and is not shows whether a label wrapped around, was clamped
to the last class or spilled over into the next row.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

LABELS = np.array([2, -1, 0, 5, 3, 6, 1, -2, 4, 9, 2, -6])
CLASSES = 6
FIRST, LAST = -6, 9


def draw(one_hot: Any) -> list[Any]:
    """The labels as they are, then what came of them."""
    given = LABELS[:, None] == np.arange(FIRST, LAST + 1)
    return [
        image(
            f"the labels: columns {FIRST} to {LAST}, the first class in column {-FIRST}",
            given,
            scale="labels",
            high=1,
            given=True,
        ),
        image(f"the classes 0 to {CLASSES - 1}", one_hot(jnp.asarray(LABELS), CLASSES), low=0, high=1),
    ]


SCENE = Scene(
    "Twelve labels, a row for each, and the rows of ones and zeros that come of them: labels outside 0 to 5 give empty rows.",
    draw,
    shows=["identity_rows", "negatives_wrap", "whole_columns", "only_minus_one", "spills_over"],
)
