"""Every place of a plane labelled by its nearest centre, near the origin and far from it, and where the centres go.

Points lie densely, so that the labels make regions: borders bend for the wrong norm, move for labels of the new centres,
dissolve where squares of large numbers are subtracted, and lose the line that is as near to two centres. One centre gets no
point.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, points

SIDE = 33
CENTRES = np.array([[8, 6], [8, 16], [25, 4], [22, 27], [40, 40]])


def draw(kmeans_step: Any) -> list[Any]:
    """Whole numbers all over, so that distances are exact and ties are ties."""
    side = np.arange(SIDE)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)

    def step(offset: int) -> Any:
        return kmeans_step(
            jnp.asarray(grid + offset, jnp.float32), jnp.asarray(CENTRES + offset, jnp.float32)
        )

    moved, labels = step(0)
    moved = np.asarray(moved)
    _, far = step(10000)
    return [
        image("label of each place", np.reshape(labels, (SIDE, SIDE)), scale="labels", high=4),
        chart(
            "the centres",
            points(CENTRES[:, 1], -CENTRES[:, 0], "before", given=True),
            points(moved[:, 1], -moved[:, 0], "after"),
            across="column",
            up="row, downwards",
            equal=True,
        ),
        image("the same, 10000 farther on each axis", np.reshape(far, (SIDE, SIDE)), scale="labels", high=4),
    ]


SCENE = Scene(
    "Each place of a square gets the label of its nearest centre; four centres move to the middle of their places, and the "
    "fifth, which got none, stays.",
    draw,
    shows=[
        "mean_of_nothing",
        "empty_goes_to_the_origin",
        "labels_after_the_move",
        "last_of_equals",
        "divides_by_all_points",
        "expanded_square",
        "absolute_differences",
    ],
)
