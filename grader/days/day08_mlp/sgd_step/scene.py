"""Forty steps down a narrow valley: the path over its contours, and the loss that each step tells.

The loss is a sum over eight examples, of a line that is fitted to them. The path must first fall into the valley and then follow
it: uphill it leaves the picture, with gradients of length one it walks straight on and never arrives, and a batch of four or a
mean in the place of the sum leads another way. A loss that is told after the step is one step ahead of the other curve.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

STEPS = 40
RATE = 0.012
SLOPE, INTERCEPT = 1.5, -0.5


def _loss(params: Any, x: Any, y: Any) -> Any:
    return jnp.sum((params["slope"] * x + params["intercept"] - y) ** 2)


def draw(sgd_step: Any) -> list[Any]:
    """The path starts at (-1, 3); each contour is an ellipse of equal loss."""
    x = np.linspace(-1, 3, 8, dtype=np.float32)
    y = np.asarray(SLOPE * x + INTERCEPT, np.float32)
    step = quick(sgd_step, static="loss")
    params: Any = {"slope": jnp.float32(-1), "intercept": jnp.float32(3)}
    path, losses = [(-1.0, 3.0)], []
    for _ in range(STEPS):
        params, value = step(params, x, y, RATE, _loss)
        path.append((float(params["slope"]), float(params["intercept"])))
        losses.append(float(value))
    moments = np.array([[np.sum(x**2), np.sum(x)], [np.sum(x), len(x)]])
    angles = np.linspace(0, 2 * np.pi, 41)
    circle = np.linalg.solve(np.linalg.cholesky(moments).T, np.stack([np.cos(angles), np.sin(angles)]))
    contours = [
        line(SLOPE + size * circle[0], INTERCEPT + size * circle[1], "equal loss", given=True)
        for size in (2.0, 4.5, 8.0)
    ]
    slopes, intercepts = np.asarray(path).T
    return [
        chart(
            "the path",
            *contours,
            line(slopes, intercepts, "path"),
            across="slope",
            up="intercept",
        ),
        chart("the loss that is told", line(range(STEPS), losses), across="step", up="loss", log_up=True),
    ]


SCENE = Scene(
    "Forty steps of gradient descent from (-1, 3) on the sum of eight squared errors, over curves of equal loss.",
    draw,
    shows=[
        "uphill",
        "loss_afterwards",
        "unit_gradient",
        "a_batch_of_four",
        "mean_over_examples",
        "example_by_example",
    ],
)
