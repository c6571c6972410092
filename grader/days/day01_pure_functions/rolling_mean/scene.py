"""A series with a step and a lone peak, smoothed: each mean is drawn at the middle of its window.

A peak becomes a box as wide as the window, and a step a ramp, so that a window too many, too few or in the wrong place shows;
the ends of the series are high, so that zeros or the other end, where they are averaged in, show there. A window of 1 changes
nothing.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line

LENGTH = 80
WINDOW = 15


def draw(rolling_mean: Any) -> list[Any]:
    """Windows of 15 and of 1."""
    place = np.arange(LENGTH)
    series = 3 + np.where(place < 30, 2.0, 0.0) + np.sin(place / 3) / 3
    series[55] += 8
    panels = []
    for window in (WINDOW, 1):
        found = np.asarray(rolling_mean(jnp.asarray(series, jnp.float32), window))
        panels.append(
            chart(
                f"means of windows of {window}",
                line(place, series, "the series", given=True),
                line(np.arange(found.size) + (window - 1) / 2, found, "means"),
                across="place",
                up="value",
            )
        )
    return panels


SCENE = Scene(
    "A series with a step and a lone peak, and the means of its windows, each drawn at the middle of its window.",
    draw,
    shows=[
        "misses_the_last_window",
        "padded_with_zeros",
        "wraps_around",
        "sums",
        "cumsum_without_the_zero",
        "windows_do_not_overlap",
        "doubled_runs",
    ],
)
