"""Where a walker on a ring may be after n steps: the nth power of the matrix that holds one step.

The stripe moves on by a place a step and slowly widens, so that the picture can be counted: it stands where n says. One power
too many, one squaring too few and the digits of a large n that are cut off put it elsewhere; the power 0 must not move at all,
and elements that are raised by themselves fade away.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

PLACES = 24
POWERS = 0, 1, 5, 13, 300


def draw(matrix_power: Any) -> list[Any]:
    """One image a power."""
    identity = np.eye(PLACES)
    one_step = 0.96 * np.roll(identity, 1, 1) + 0.02 * identity + 0.02 * np.roll(identity, 2, 1)
    matrix = jnp.asarray(one_step, jnp.float32)
    return [
        [image("from each place (down) to each place (across)", matrix_power(matrix, n), scale="heat", low=0)]
        for n in POWERS
    ]


SCENE = Scene(
    "A walker on a ring of 24 places moves one place on, seldom none or two: how likely it is to be where after n steps.",
    draw,
    shows=["elementwise", "squares_only", "one_too_many", "no_identity", "ones", "eight_digits"],
    titles=[f"power {n}" for n in POWERS],
)
