"""The set itself, and how long points beside its cusp stay, which takes them hundreds of iterations.

Counts that begin too early are all one too high; who looks at the end alone sees no shells; a square or a wider circle in the
place of the circle moves the shells outside; NaNs that count as within fill what lies far outside. The point -2 in the middle
of the left edge stays on the circle for ever. Beside the cusp the counts are a straight line on these axes, up to n: one that
bends earlier or falls below nothing has run into the end of its counter.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line

FEW, MANY = 24, 600


def draw(mandelbrot: Any) -> list[Any]:
    """A grid of 33 by 45 points after 24 iterations, and 29 points to the right of 1/4 after 600."""
    re, im = np.meshgrid(np.linspace(-2, 0.75, 45), np.linspace(1.25, -1.25, 33))
    beside = np.logspace(0.5, -6.5, 29)
    stays = mandelbrot(jnp.asarray(0.25 + beside[None, :], jnp.complex64), MANY)
    return [
        image(
            f"count after {FEW} iterations",
            mandelbrot(jnp.asarray(re + 1j * im, jnp.complex64), FEW),
            scale="heat",
            low=0,
        ),
        chart(
            f"points beside the cusp, after {MANY} iterations",
            line(beside, stays[0]),
            across="how far to the right of 1/4",
            up="count",
            log_up=True,
            log_across=True,
        ),
    ]


SCENE = Scene(
    "How long each point of the plane stays, and how long points on the right of the cusp at 1/4 do, nearer and nearer to it.",
    draw,
    shows=[
        "counts_the_start",
        "strictly_within",
        "all_or_nothing",
        "not_outside",
        "in_a_square",
        "wide_circle",
        "eight_bits",
        "at_most_500",
    ],
)
