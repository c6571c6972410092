"""A line that all devices learn together, step by step: each device's parameters, the losses, and the lines at the end.

Each device holds points about another part of the line, with an error of its own: devices that do not meet go apart, and a
gradient that counts too often runs off.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, points, quick

STEPS = 14


def draw(pmap_train_step: Any) -> list[Any]:
    """Fourteen steps from zero."""
    n = jax.device_count()
    generator = np.random.default_rng(7)
    x = (np.linspace(-1, 1, n)[:, None] + 0.4 * generator.uniform(-1, 1, (n, 5))).astype(np.float32)
    y = (1.5 * x + 0.5 + np.linspace(-0.6, 0.6, n)[::-1, None] + 0.1 * generator.normal(size=(n, 5))).astype(
        np.float32
    )
    step = quick(pmap_train_step)
    params: Any = {"w": np.zeros((n, 1), np.float32), "c": np.zeros(n, np.float32)}
    slopes, losses = [], []
    for _ in range(STEPS):
        params, loss = step(params, (jnp.asarray(x[..., None]), jnp.asarray(y)), 0.25)
        params = jax.tree.map(np.asarray, params)
        slopes.append(np.ravel(params["w"]))
        losses.append(np.asarray(loss))
    ends = np.linspace(-1.4, 1.4, 5)
    lines = np.ravel(params["w"])[:, None] * ends + np.ravel(params["c"])[:, None]
    return [
        image(
            "slope after each step, a device in each row",
            np.stack(slopes, axis=1),
            scale="heat",
            low=0,
            high=2,
        ),
        image("loss at each step, a device in each row", np.stack(losses, axis=-1), scale="heat", low=0),
        chart(
            "all points, and the line of each device",
            points(x.ravel(), y.ravel(), "points of all devices", given=True),
            *(line(ends, one, f"device {number}") for number, one in enumerate(lines)),
            across="x",
            up="y",
        ),
    ]


SCENE = Scene(
    "Fourteen steps of a linear regression whose points lie on all devices: slope and loss on each device after each step, "
    "and the lines in the end.",
    draw,
    shows=[
        "psum",
        "divides_twice",
        "uphill",
        "never_meets",
        "weights_alone",
        "own_loss",
        "summed_loss",
        "mean_in_the_loss",
    ],
)
