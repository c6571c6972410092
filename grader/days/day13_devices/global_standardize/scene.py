"""Features of rows that lie on devices, each device with rows of its own height, after they were standardised.

The heights climb from device to device, and must go on climbing: statistics of a device's own make them level. The second
feature lies around 3000 and spreads by 1, so that digits get lost where squares are subtracted.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, points, quick

ROWS = 8


def draw(global_standardize: Any) -> list[Any]:
    """Both features by device, before and after."""
    n = jax.device_count()
    noise = np.random.default_rng(7).normal(size=(n, ROWS, 2))
    height = np.linspace(-1, 1, n)[:, None]
    before = np.stack(
        [4 + 9 * height + (1 + 2 * height**2) * noise[..., 0], 3000 - height + 0.6 * noise[..., 1]], axis=-1
    )
    before = before.astype(np.float32)
    after = np.asarray(quick(global_standardize)(jnp.asarray(before)))
    flat = after.reshape(-1, after.shape[-1])
    place = (np.arange(n)[:, None] + np.linspace(-0.3, 0.3, ROWS)).ravel()
    panels = []
    for number, name, less in ((0, "first feature", 0), (1, "second feature, around 3000", 3000)):
        panels.append(
            chart(
                f"{name}, as given{f', less {less}' if less else ''}",
                points(place, before[..., number].ravel() - less, "row", given=True),
                across="device",
                up="value",
            )
        )
        panels.append(
            chart(f"{name}, standardised", points(place, flat[:, number], "row"), across="device", up="value")
        )
    return panels


SCENE = Scene(
    "Rows of two features on all devices, whose heights climb and fall from device to device: before and after they are "
    "standardised by the mean and the deviation of all.",
    draw,
    shows=[
        "each_by_itself",
        "own_mean",
        "mean_of_deviations",
        "mean_of_variances",
        "all_features",
        "mean_of_squares",
    ],
)
