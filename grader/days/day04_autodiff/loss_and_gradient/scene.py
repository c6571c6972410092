"""A straight line through data near 1000: its predictions, and loss and gradient while its slope is changed.

A sum or a half for the mean is another parabola, and where the gradient is 0 the loss is least. Targets are far from zero, so
that squares that are taken before the difference leave noise; residuals in place of predictions lie near zero.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points, quick

ROWS = 20


def draw(loss_and_gradient: Any) -> list[Any]:
    """Forty-one slopes in one call."""
    places = np.linspace(-1, 2, ROWS)
    targets = 1000 + 1.5 * places + np.random.default_rng(7).normal(0, 0.5, ROWS)
    batch = jnp.asarray(places[:, None], jnp.float32), jnp.asarray(targets, jnp.float32)
    slopes = np.linspace(0, 3, 41)

    def at(slope: Any) -> Any:
        return loss_and_gradient({"weights": slope[None], "bias": jnp.asarray(1000.0)}, batch)

    (losses, predictions), gradients = quick(jax.vmap(at))(jnp.asarray(slopes, jnp.float32))
    return [
        chart(
            "predictions of a slope of 0.75",
            points(places, targets - 1000, "targets", given=True),
            line(places, np.asarray(predictions)[10] - 1000, "predictions"),
            across="x",
            up="y, less 1000",
        ),
        chart("the loss", line(slopes, losses, "loss"), across="slope", up="loss"),
        chart(
            "its gradient",
            line(slopes, np.asarray(gradients["weights"]).ravel(), "by the slope"),
            line(slopes, np.asarray(gradients["bias"]).ravel(), "by the bias"),
            across="slope",
            up="gradient",
        ),
    ]


SCENE = Scene(
    "A line beside data near 1000, and its loss and the gradient of the loss, by the slope of the line.",
    draw,
    shows=["sum", "half", "residuals", "expanded_square", "outer_difference"],
)
