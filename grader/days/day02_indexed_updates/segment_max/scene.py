"""All values over their segments, and the largest that was found of each.

Segments come in no order. One has negative values alone, one has none, one has a single value of -3e38 (drawn at the bottom),
and values beyond both ends are the largest of all: a wrong start, a segment that wraps and one that is clamped each lift
another mark.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, points

SEGMENTS = 7
FLOOR = -15.0  # where lower numbers are drawn


def draw(segment_max: Any) -> list[Any]:
    """What is below the floor is drawn on it, but for -inf."""
    draws = np.random.default_rng(7)
    segments = draws.permutation(np.repeat([0, 1, 2, 4, 6], 6))
    values = draws.normal(2, 3, segments.size)
    values[segments == 2] = -2 - np.abs(values[segments == 2])
    segments = np.concatenate([segments, [5, -1, SEGMENTS, -2]])
    values = np.concatenate([values, [-3e38, 13, 15, 12]])
    found = np.asarray(
        segment_max(jnp.asarray(values, jnp.float32), jnp.asarray(segments, jnp.int32), SEGMENTS), np.float64
    )
    shown = np.where(np.isfinite(found), np.maximum(found, FLOOR), found)
    return [
        chart(
            f"values of {SEGMENTS} segments; what is below {FLOOR:g} is drawn there",
            points(segments, np.maximum(values, FLOOR), "value", given=True),
            points(np.arange(shown.size), shown, "largest"),
            across="segment",
            up="value",
        )
    ]


SCENE = Scene(
    "Values over their segments, and the largest of each. Segment 3 is empty, segment 5 holds one number near the lowest there "
    "is, and segments -2, -1 and 7 do not count.",
    draw,
    shows=[
        "starts_at_zero",
        "last_wins",
        "lowest_finite",
        "negatives_wrap",
        "clipped",
        "needs_order",
        "low_sentinel",
        "lowest_number_for_empty",
    ],
)
