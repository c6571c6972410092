"""A window slides over a series that has a NaN and a stretch of zeros; the mean of what it lets through, at each place.

The mask is empty before the series and behind it, lets few entries through near the ends, and meets the NaN for a while: that
is where a mean is NaN, and nowhere else. A wrong count, a zero that is skipped and a NaN that leaks each have a place of
their own.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line

LENGTH = 40
WIDTH = 7
HOLE = 27  # where the NaN is


def draw(masked_mean: Any) -> list[Any]:
    """One call for each place of the window."""
    place = np.arange(LENGTH)
    series = 4 + 2 * np.sin(place / 4)
    series[8:14] = 0
    series[HOLE] = np.nan
    middles = np.arange(-6, LENGTH + 6)
    x = jnp.asarray(series, jnp.float32)
    means = [float(masked_mean(x, jnp.asarray(np.abs(place - middle) <= WIDTH // 2))) for middle in middles]
    return [
        chart(
            "means of what the window lets through; NaN is drawn at -1",
            line(np.delete(place, HOLE), np.delete(series, HOLE), "the series, but for its NaN", given=True),
            line(middles, np.where(np.isnan(means), -1.0, means), "mean"),
            across="middle of the window",
            up="value",
        )
    ]


SCENE = Scene(
    "A window of seven slides over a series with zeros and one NaN. The mean is 0 where it lets nothing through, and NaN only "
    "while the NaN is inside.",
    draw,
    shows=[
        "divides_by_n",
        "multiplies_by_the_mask",
        "nothing_over_nothing",
        "falls_back_to_the_mean",
        "hides_nan",
        "skips_zeros",
    ],
)
