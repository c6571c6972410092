"""A letter of 8 x 10 pixels, seen larger, turned and from a little outside.

A letter is no mirror image of itself, turning asks for places between pixels in both directions, and what lies outside
repeats the border: exchanged coordinates, whole pixels, exchanged weights and a border that is not clamped each look wrong in
their own way.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

SIDE = 40
LETTER = (
    "..........",
    ".#######..",
    ".##.......",
    ".##.......",
    ".#####....",
    ".##......#",
    ".##.....##",
    "........##",
)


def draw(bilinear_sample: Any) -> list[Any]:
    """The letter as it is, and as it is read."""
    letter = np.array([[mark == "#" for mark in row] for row in LETTER], np.float32)
    letter += np.linspace(0, 0.3, 10, dtype=np.float32)  # so that the border is not all alike
    side = np.linspace(-5.5, 5.5, SIDE)
    down, right = np.meshgrid(side, side, indexing="ij")
    turn = np.deg2rad(20)
    rows = 3.5 + np.cos(turn) * down - np.sin(turn) * right
    columns = 4.5 + np.sin(turn) * down + np.cos(turn) * right
    places = jnp.asarray(np.stack([rows.ravel(), columns.ravel()], axis=1), jnp.float32)
    read = np.asarray(bilinear_sample(jnp.asarray(letter), places))
    read = read.reshape(SIDE, SIDE) if read.size == SIDE * SIDE else read
    return [
        image("the pixels", letter, low=0, high=1.3, given=True),
        image("read at 1600 places, turned by 20 degrees", read, low=0, high=1.3),
    ]


SCENE = Scene(
    "A letter F of 8 rows and 10 columns, and the same letter read on a finer, turned grid that reaches beyond its borders.",
    draw,
    shows=["nearest_pixel", "x_before_y", "weights_swapped", "not_clamped", "clamps_the_indices_only"],
)
