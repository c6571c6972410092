"""How often each device has added each device's row.

Row j holds a one at place j alone, so the sum on a device says at place j how often it has added row j: once, if all is
well. A round too few leaves a band of zeros, a chain that is no ring a triangle, totals that are passed on large numbers.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, quick


def draw(ring_all_reduce: Any) -> list[Any]:
    """The count of additions, and the sum of ones on each device."""
    n = jax.device_count()
    given = np.concatenate([np.eye(n), np.ones((n, 1))], axis=1).astype(np.float32)
    sums = np.asarray(quick(ring_all_reduce)(jnp.asarray(given)))
    if sums.ndim == 1:
        sums = sums[None]
    return [
        image("what is given, a device in each row", given[:, :n], scale="labels", high=3, given=True),
        image(
            "how often a device, down, has added the row of another, across",
            sums[:, :n],
            scale="labels",
            high=3,
        ),
        chart(
            "the sum of a one from each device",
            bars(range(len(sums)), sums[:, -1], "sum"),
            across="device",
            up="sum",
        ),
    ]


SCENE = Scene(
    "Each device gives a row with a one at its own place, and one more for all: how often every device has added the row of "
    "every other, and what it makes of the ones.",
    draw,
    shows=[
        "one_too_few",
        "one_too_many",
        "open_chain",
        "passes_totals",
        "sends_the_first",
        "one_total",
        "largest",
    ],
)
