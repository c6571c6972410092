"""Four recurrences side by side: one that fades, one that swings, one that is cut off by zeros, one that grows until a NaN.

They begin with b = 0, so that a start at 1 is seen at once; coefficients change on the way, so that it matters in which
order two steps are joined; zeros among the coefficients break every division by a product of them.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, quick

STEPS = 48


def draw(linear_recurrence: Any) -> list[Any]:
    """All four in one call, as the second axis."""
    time = np.arange(STEPS)
    a = np.stack(
        [
            np.where(time < 24, 0.9, 0.7),
            np.where(time < 30, -0.95, -0.7),
            np.where(time % 12 == 11, 0, 1.0),
            np.full(STEPS, 1.06),
        ],
        axis=1,
    )
    b = np.zeros((STEPS, 4))
    b[[4, 12, 27], 0] = 1, 2, -2
    b[[3, 33], 1] = 1, 2
    b[2:, 2] = 0.25
    b[[5, 20], 3] = 1, -1
    b[40, 3] = np.nan
    found = np.asarray(quick(linear_recurrence)(jnp.asarray(a, jnp.float32), jnp.asarray(b, jnp.float32)))
    titles = (
        "fades: a = 0.9, then 0.7",
        "swings: a = -0.95, then -0.7",
        "cut off: a = 1, and 0 every twelfth step",
        "grows: a = 1.06, and b is not a number at step 41",
    )
    return [
        chart(
            title,
            bars(time + 1, np.where(np.isfinite(b[:, k]), b[:, k], 0), "b", given=True),
            line(time + 1, found[:, k], "h"),
            across="step",
            up="h",
        )
        for k, title in enumerate(titles)
    ]


SCENE = Scene(
    "Four recurrences under a few pushes: one fades, one swings from side to side, one is cut off by zeros, one grows until "
    "a push that is not a number.",
    draw,
    shows=[
        "wrong_way_round",
        "returns_products",
        "not_associative",
        "starts_at_one",
        "divides_by_products",
        "divides_by_safe_products",
        "nan_to_num",
    ],
)
