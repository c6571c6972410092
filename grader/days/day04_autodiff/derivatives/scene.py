"""A wave and its first two derivatives along a line, and the slope of the square root down to 0, where it is infinite.

The wave is fast, so that each derivative is larger than the last: a row that is missing, moved or divided by a factorial has
another height or another phase. At 0 the slope of the root has no number, and is not mended; differences reach below 0 there.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line

TITLES = ("the function", "its first derivative", "its second derivative")


def draw(derivatives: Any) -> list[Any]:
    """As many rows as come, up to three."""
    places = np.linspace(-2, 2, 61)
    rows = np.asarray(derivatives(lambda x: jnp.sin(3 * x) + x * x / 4, jnp.asarray(places, jnp.float32), 2))
    roots = np.linspace(0, 1, 41)
    slopes = np.asarray(derivatives(jnp.sqrt, jnp.asarray(roots, jnp.float32), 1))
    panels = [
        chart(title, line(places, row, title), across="x", up="value")
        for title, row in zip(TITLES, rows, strict=False)
    ]
    return [
        *panels,
        chart("the slope of the square root", line(roots, slopes[-1], "slope"), across="x", up="slope"),
    ]


SCENE = Scene(
    "A wave on a parabola and its derivatives, and the slope of the square root from 0, where it is infinite, to 1.",
    draw,
    shows=["finite_differences", "starts_at_one", "one_short", "transposed", "taylor", "mended"],
)
