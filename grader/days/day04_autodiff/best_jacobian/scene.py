"""The Jacobians of two blurs: of a tall one, which writes more numbers than it reads, and of a wide one.

Each output hears of a few inputs near it, so that a Jacobian is a band from corner to corner, stronger to one end: exchanged
rows and columns lie down. Which mode was taken cannot be seen here; the message tells.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image


def draw(best_jacobian: Any) -> list[Any]:
    """The same weights, once from the one side and once from the other."""
    inner, outer = np.linspace(0, 1, 9), np.linspace(0, 1, 26)
    blur = jnp.asarray(np.exp(-(((outer[:, None] - inner) * 8) ** 2)) * (1.2 - inner), jnp.float32)
    tall = best_jacobian(lambda x: jnp.tanh(blur @ x), jnp.asarray(inner, jnp.float32))
    wide = best_jacobian(lambda x: jnp.tanh(blur.T @ x / 2), jnp.asarray(outer, jnp.float32))
    return [
        image("26 outputs (rows), 9 inputs (columns)", tall, scale="heat", low=0),
        image("9 outputs (rows), 26 inputs (columns)", wide, scale="heat", low=0),
    ]


SCENE = Scene(
    "How much each output of a blur hears of each input: of one with more outputs, and of one with more inputs.",
    draw,
    shows=["transposed", "columns_stay_rows"],
)
