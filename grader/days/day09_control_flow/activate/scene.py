"""The four functions, numbers that are none of theirs, and the softplus far out on both sides.

Numbers below 0 and above 3 tell clamping from counting round. Far to the right the naive softplus is infinite, far to the
left it is lost: there the axis is logarithmic.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

NEAR, RIGHT, LEFT = np.linspace(-3, 3, 31), np.linspace(0, 120, 31), np.linspace(-30, 0, 31)


def draw(activate: Any) -> list[Any]:
    """All places in one call for each number."""
    run, x = quick(activate), jnp.asarray(np.concatenate([NEAR, RIGHT, LEFT]), jnp.float32)
    found = {number: np.asarray(run(x, number)) for number in (0, 1, 2, 3, -3, -1, 4, 6)}
    places = slice(0, len(NEAR))
    return [
        chart(
            "numbers 0 to 3",
            *(line(NEAR, found[number][places], f"number {number}") for number in (0, 1, 2, 3)),
            across="x",
            up="result",
        ),
        chart(
            "numbers below 0 and above 3",
            *(line(NEAR, found[number][places], f"number {number}") for number in (-3, -1, 4, 6)),
            across="x",
            up="result",
        ),
        chart("number 3, far to the right", line(RIGHT, found[3][31:62]), across="x", up="result"),
        chart("number 3, far to the left", line(LEFT, found[3][62:]), across="x", up="result", log_up=True),
    ]


SCENE = Scene(
    "The functions that the numbers 0 to 3 name, what numbers beyond these give, and number 3 far out on both sides.",
    draw,
    shows=["counts_from_one", "naive_softplus", "sigmoid", "wraps_around", "softplus_tail"],
)
