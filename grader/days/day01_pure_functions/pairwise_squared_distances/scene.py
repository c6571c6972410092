"""A map of squared distances from one point, a table of points on a circle and on a line, and where an entry is negative.

On the map what is as far lies on circles; other norms bend them, and a root or a mean changes how steeply they rise. The
table is not square, which shows rows and columns exchanged. Equal rows far from the origin show what rounds to less than
nothing.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

SIDE = 24


def draw(pairwise_squared_distances: Any) -> list[Any]:
    """A map, a table and the signs."""
    side = np.linspace(-2, 2, SIDE)
    plane = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    row = np.stack([np.linspace(-2, 2, 12), np.full(12, 0.5)], axis=1)
    far = np.random.default_rng(7).normal(size=(16, 2)) + 1000

    def found(x: Any, y: Any) -> Any:
        return np.asarray(
            pairwise_squared_distances(jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32))
        )

    table = found(circle, row)
    signs = found(far, far) < 0
    spread = found(plane, np.array([[-0.5, 0.7], [1.0, 1.0]]))
    if spread.shape == (SIDE * SIDE, 2):
        spread = spread[:, 0].reshape(SIDE, SIDE)
    return [
        image("from every place of a plane to one point", spread, scale="heat", low=0),
        image("20 points on a circle, to 12 on a line", table, scale="heat", low=0),
        image("entries below zero, of points to themselves", signs, scale="labels", high=1),
    ]


SCENE = Scene(
    "Squared distances: from a plane to a point, what is as far lies on circles; from a circle to a line; and whether any entry "
    "is negative, which none should be.",
    draw,
    shows=["not_squared", "transposed", "city_block", "mean_over_features", "matmul_identity_unclipped"],
)
