"""What is named how often, with names outside on both sides, and counts that double from bin to bin.

The given indices show what each bar should be: outer bars that are too tall have taken what lies outside, and bars of one
have lost the duplicates. The second count is of narrow integers, up to 800 a bin: counts kept in as few bits stop or turn
negative.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, points

BINS = 8


def draw(histogram: Any) -> list[Any]:
    """Fifty indices from -4 to 11, then bins that are named 25, 50, 100 ... times."""
    indices = np.random.default_rng(7).normal(3.5, 3.2, 50).round().clip(-4, 11).astype(np.int32)
    indices[[3, 17, 29]] = -1, BINS, -1
    doubling = np.repeat(np.arange(6, dtype=np.int8), 25 * 2 ** np.arange(6))
    many = np.asarray(histogram(jnp.asarray(doubling), 6))
    edge = np.array([0, indices.size - 1])
    return [
        chart(
            "the indices, and the bounds of the bins",
            points(np.arange(indices.size), indices, "index", given=True),
            line(edge, [-0.5, -0.5], "below the first bin", given=True),
            line(edge, [BINS - 0.5, BINS - 0.5], "above the last bin", given=True),
            across="place",
            up="index",
        ),
        chart(
            "how often each bin is named",
            bars(np.arange(BINS), histogram(jnp.asarray(indices), BINS), "count"),
            across="bin",
            up="count",
        ),
        chart(
            "bins that are named 25, 50, ... 800 times",
            line(np.arange(many.size), many, "count"),
            across="bin",
            up="count",
        ),
    ]


SCENE = Scene(
    "Fifty indices, some of them outside the eight bins, and how often each bin is named; then bins each of which is named twice "
    "as often as the last one, by indices of eight bits.",
    draw,
    shows=[
        "duplicates_once",
        "negatives_wrap",
        "clipped",
        "modulo",
        "only_minus_one",
        "bfloat16_counts",
        "in_the_dtype_of_the_indices",
    ],
)
