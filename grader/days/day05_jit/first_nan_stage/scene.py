"""A map of two numbers that go through a pipeline together: each area belongs to the stage that is blamed there.

The pipeline has a stage that clears NaNs away, after which others may make new ones: who remembers the last stage, or gives x
to each, fills whole areas otherwise. Below are starts that are no plain numbers: a NaN that was there before is nobody's, and
two infinities that would cancel each other are no NaN.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, points, quick

SIDE = 17
LOGARITHM = lambda x: jnp.log(x + 2)  # noqa: E731
CLEAR = lambda x: 1 - jnp.nan_to_num(x)  # noqa: E731
STAGES = LOGARITHM, jnp.sqrt, CLEAR, jnp.log
LONG = (jnp.sinh, jnp.tanh, *STAGES)
STARTS = (
    (1.0, 0.5),
    (np.nan, 0.5),
    (np.nan, -2.5),
    (np.nan, 2.5),
    (np.nan, np.nan),
    (200.0, -200.0),
    (-200.0, 0.0),
)


def draw(first_nan_stage: Any) -> list[Any]:
    """289 pairs of numbers from -3 to 3, and seven special ones."""
    blamed = quick(first_nan_stage, static="stages")
    ticks = np.linspace(-3, 3, SIDE) + 0.01
    found = [
        [np.asarray(blamed(STAGES, np.array([a, b], np.float32))) for a in ticks] for b in reversed(ticks)
    ]
    special = [np.asarray(blamed(STAGES, np.array(start, np.float32))) for start in STARTS[:5]]
    longer = [np.asarray(blamed(LONG, np.array(start, np.float32))) for start in STARTS[5:]]
    return [
        image("the stage that is blamed, and 1 more", np.asarray(found) + 1, scale="labels", high=4),
        chart(
            "special starts",
            points(range(1, 6), special, "four stages"),
            points(range(6, 8), longer, "huge numbers first"),
            across="1 none, 2-4 a NaN beside 0.5, -2.5 and 2.5, 5 two NaNs, 6 infinities of both signs, 7 one",
            up="stage",
        ),
    ]


SCENE = Scene(
    "Two numbers go through four stages, each number from -3 to 3: which stage is blamed (one is added, so that 0 is none). "
    "Then the stage for starts with NaNs and infinities.",
    draw,
    shows=["the_last", "each_from_x", "equals_nan", "of_the_sum", "each_place", "more_than_before"],
)
