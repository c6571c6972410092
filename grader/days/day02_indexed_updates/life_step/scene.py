"""A glider on its way over the corner of the board, where all four edges meet."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

GENERATIONS = 20


def draw(life_step: Any) -> list[Any]:
    """Twenty generations; the glider is over the corner after eight, and the blinker lies on the seam all the while."""
    start = np.zeros((16, 16), np.int32)
    for row, column in ((0, 1), (1, 2), (2, 0), (2, 1), (2, 2)):  # a glider, which goes down and to the right
        start[(row + 11) % 16, (column + 11) % 16] = 1
    start[5, [15, 0, 1]] = 1  # a blinker on the seam of left and right
    board, frames = jnp.asarray(start), []
    for _ in range(GENERATIONS):
        board = life_step(board)
        frames.append([image("the board", board, scale="labels", high=1)])
    return frames


SCENE = Scene(
    "A glider crosses the corner where the edges meet, and a blinker lies on the seam of left and right.",
    draw,
    shows=["dead_outside", "cylinder", "counts_itself"],
    titles=[f"generation {number}" for number in range(1, GENERATIONS + 1)],
)
