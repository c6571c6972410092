"""The loss and its slope along a line of errors, for three deltas, and the loss of tiny and of huge errors.

A forgotten half is a step where the pieces meet, a forgotten absolute value a line that falls on the left, a one-sided
comparison a parabola that never ends. Delta 0 asks for a division by it. On the axes of the third chart a floor under tiny
errors, a ceiling over large ones, and a square that is too large for a float32 are all to be seen.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

DELTAS = 0.0, 1.0, 3.0


def draw(huber: Any) -> list[Any]:
    """Sixty-one errors from -6 to 6, and thirty-five from a billionth to 1e30."""
    loss = quick(huber)
    slope = quick(lambda x, delta: jax.grad(lambda x: huber(x, delta).sum())(x))
    x = jnp.asarray(np.linspace(-6.1, 5.9, 61), jnp.float32)
    sizes = jnp.asarray(np.logspace(-8, 30, 39), jnp.float32)
    return [
        chart(
            "the loss",
            *(line(x, loss(x, delta), f"delta {delta:g}") for delta in DELTAS),
            across="error",
            up="loss",
        ),
        chart(
            "the slope of the loss",
            *(line(x, slope(x, delta), f"delta {delta:g}") for delta in DELTAS),
            across="error",
            up="slope",
        ),
        chart(
            "the loss of tiny and of huge errors",
            line(sizes, loss(sizes, 1.0), "delta 1"),
            across="error",
            up="loss",
            log_up=True,
            log_across=True,
        ),
    ]


SCENE = Scene(
    "The loss of errors from -6 to 6 for three deltas, its slope, and the loss of errors from a hundred-millionth to 1e30.",
    draw,
    shows=[
        "no_half",
        "sign_lost",
        "one_sided",
        "scaled",
        "masks",
        "line_held_still",
        "clipped",
        "smooth",
    ],
)
