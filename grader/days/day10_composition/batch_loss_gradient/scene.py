"""A place that goes downhill to the middle of weighted points, by the gradient of their mean loss.

The loss of a point is its distance, which a loss that is handed the whole batch gets wrong without a word. The last dozen
points weigh most and lie apart, so that whoever drops the rest of the batch arrives elsewhere. A sum for the mean jumps.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points, quick

MANY, FEW, DESCENT = 128, 12, 30


def distance(params: Any, x: Any, y: Any) -> Any:
    """Of one point, times its weight."""
    return y * jnp.sqrt(jnp.sum((params["place"] - x) ** 2) + 0.05)


def draw(batch_loss_gradient: Any) -> list[Any]:
    """The way down, and the gradient along a line across the points."""
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.normal((-1, 0), 0.7, (MANY, 2)), rng.normal((2, 1.5), 0.3, (FEW, 2))])
    y = np.concatenate([np.ones(MANY), np.full(FEW, 14.0)])
    examples = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)
    along = np.linspace(-4, 4, 49)
    across = jnp.asarray(np.stack([along, np.full_like(along, 0.5)], axis=1), jnp.float32)
    place = jnp.asarray([-3.0, 2.5])

    def slope(place: Any) -> Any:
        return batch_loss_gradient(distance, {"place": place}, *examples)["place"]

    way = np.full((DESCENT + 1, 2), np.nan)
    one = quick(slope)
    for k in range(DESCENT + 1):
        way[k] = place
        place = place - 0.4 * one(place)
        if np.shape(place) != (2,):
            break
    slopes = np.asarray(quick(jax.vmap(slope))(across))
    if slopes.ndim == 3:  # a gradient for each point: that of the first one
        slopes = slopes[:, 0]
    return [
        chart(
            "downhill from the upper left",
            points(x[:MANY, 0], x[:MANY, 1], "points of weight 1", given=True),
            points(x[MANY:, 0], x[MANY:, 1], "the last twelve, of weight 14", given=True),
            line(way[:, 0], way[:, 1], "the way"),
            across="first number",
            up="second number",
            equal=True,
        ),
        chart(
            "gradient along a line from left to right",
            line(along, slopes[:, 0], "its first number"),
            line(along, slopes[:, 1], "its second number"),
            across="first number of the place",
            up="gradient",
        ),
    ]


SCENE = Scene(
    "A place walks down to where the mean of its weighted distances from the points is least; the last twelve points of "
    "the batch weigh most.",
    draw,
    shows=["whole_batch_at_once", "sum", "no_mean", "chunks", "y_broadcast"],
)
