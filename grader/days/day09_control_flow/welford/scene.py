"""Running mean and variance of a jump from 0 to 1, and of noise around a million.

At the jump it shows what is divided by what: the mean rises along a hyperbola, the variance comes up to a quarter. Around a
million float32 has no digits left for squares: whoever subtracts two of them gets noise.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points

VALUES, BASE = 33, 1_000_000


def draw(welford: Any) -> list[Any]:
    """Mean and variance of both, over how many values there were."""
    noise = np.random.default_rng(7).normal(0, 100, VALUES).round()
    jump = (np.arange(VALUES) >= 8).astype(np.float64)
    count = np.arange(1, VALUES + 1)
    panels = []
    for title, values, base in (
        ("a jump from 0 to 1", jump, 0),
        ("noise around a million", noise, BASE),
    ):
        mean, variance = welford(jnp.asarray(values + base, jnp.float32))
        less = f" less {base:,}" if base else ""
        panels += [
            chart(
                f"{title}: the mean",
                points(count, values, f"values{less}", given=True),
                line(count, np.asarray(mean, np.float64) - base, f"mean so far{less}"),
                across="values so far",
                up=f"mean{less}",
            ),
            chart(
                f"{title}: the variance",
                line(count, variance, "variance so far"),
                across="values so far",
                up="variance",
            ),
        ]
    return panels


SCENE = Scene(
    "Mean and variance of the first value, of the first two, and so on: of a jump from 0 to 1, and of noise that lies "
    "around a million and scatters by a hundred.",
    draw,
    shows=[
        "sample_variance",
        "counts_from_zero",
        "old_mean_twice",
        "mean_of_squares",
        "mean_of_squares_clipped",
        "sum_of_squares",
        "count_outside",
    ],
)
