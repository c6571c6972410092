"""A ring of seven places after each of twenty pushes, a row for each push, and the cursor.

Items are numbered, so that newer ones stand out: a new item moves one place on with each row and comes round again. A queue
that shifts, a cursor that moves too early, too late or out of the ring each draw another pattern.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, points, quick

CAPACITY = 7
PUSHES = 20


def draw(ring_push: Any) -> list[Any]:
    """All rings and cursors, from the first push to the last."""
    push = quick(ring_push)
    ring: Any = jnp.zeros(CAPACITY)
    cursor: Any = jnp.asarray(0)
    rings, cursors = [], []
    for number in range(1, PUSHES + 1):
        ring, cursor = push(ring, cursor, jnp.asarray(float(number)))
        rings.append(np.asarray(ring))
        cursors.append(int(cursor))
    return [
        image("the ring, a row for each push", np.stack(rings), scale="heat", low=0, high=PUSHES),
        chart(
            "the cursor",
            points(np.arange(1, PUSHES + 1), np.array(cursors), "cursor"),
            across="push",
            up="place in the ring",
        ),
    ]


SCENE = Scene(
    "The numbers 1 to 20 pushed into a ring of seven places: what it holds after each push, from top to bottom, and where the "
    "cursor stands.",
    draw,
    shows=["shifts", "moves_first", "runs_off", "wraps_late"],
)
