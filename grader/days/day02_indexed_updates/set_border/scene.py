"""Three grids with a ring around them: a wide one, one of two rows, and one of a single column.

The inside is a ramp, so that what is emptied or moved shows; the wide grid is not square, so that a side measured on the
other axis shows; and a grid without an inside shows what grows when it is put together from parts.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

SHAPES = ((7, 10), (2, 6), (6, 1))


def draw(set_border: Any) -> list[Any]:
    """The ring has a value that the inside has not."""
    panels = []
    for height, width in SHAPES:
        ramp = np.linspace(0, 0.7, height * width, dtype=np.float32).reshape(height, width)
        ringed = set_border(jnp.asarray(ramp), jnp.asarray(1.0))
        panels.append(image(f"{height} rows and {width} columns", ringed, low=0, high=1))
    return panels


SCENE = Scene(
    "Grids that hold a ramp, with a ring of ones around them: the two thin ones are all ring.",
    draw,
    shows=["result_dropped", "corners_only", "square_only", "inside_emptied", "pads_the_inside"],
)
