"""A kernel that is not symmetric at all pairs of points on a curve, with themselves and with others.

How far the first of two points can see the second one depends on who looks, so that an exchange of both turns the picture over
its diagonal, and a half that was mirrored is symmetric where nothing should be. The second image is wider than it is high.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image


def _sees(a: Any, b: Any) -> Any:
    """Down the wind farther than against it."""
    gap = b - a
    return jnp.exp(-jnp.dot(gap, gap) / jnp.where(gap[0] > 0, 2.0, 0.2)) * (1.5 + a[1])


def draw(gram_matrix: Any) -> list[Any]:
    """Twenty points along a curve, against themselves and against thirty on a circle."""
    t = np.linspace(0, 1, 20)
    curve = jnp.asarray(np.stack([4 * t - 2, np.sin(5 * t)], 1), jnp.float32)
    turn = np.linspace(0, 5, 30)
    circle = jnp.asarray(np.stack([np.cos(turn), np.sin(turn)], 1), jnp.float32)
    return [
        image("the points against themselves", gram_matrix(_sees, curve, curve), scale="heat", low=0),
        image(
            "the points (down) against 30 others (across)",
            gram_matrix(_sees, curve, circle),
            scale="heat",
            low=0,
        ),
    ]


SCENE = Scene(
    "How far each point can see each other one: down the wind farther than against it, and farther from above.",
    draw,
    shows=["transposed", "arguments_exchanged", "mirrored", "mirrored_when_same"],
)
