"""The same logits around 0, 100, -10000 and far apart, along rows and along columns, and small probabilities by their logarithm.

Rows of one table lie far from each other, so that a shift that is missing, clipped or common to all rows shows as a lost row;
a table on its side shows an axis that is not followed; a straight line down to 1e-26 shows what is added to small numbers.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line

PLACES = 12


def draw(softmax: Any) -> list[Any]:
    """Two tables as images, and a line."""
    hill = -np.abs(np.arange(PLACES) - 4) * 0.7
    steep = np.where(np.arange(PLACES) < 9, -2000.0, hill)
    table = np.stack([hill, hill + 100, hill - 10000, steep]).astype(np.float32)
    falling = -np.arange(0, 60, 2, dtype=np.float32)
    falling[1] = -1
    places = np.arange(falling.size)
    return [
        image("four rows, along axis 1", softmax(jnp.asarray(table), 1), scale="heat", low=0, high=0.5),
        image("four columns, along axis 0", softmax(jnp.asarray(table.T), 0), scale="heat", low=0, high=0.5),
        chart(
            "logits that fall from 0 to -58",
            line(places, softmax(jnp.asarray(falling)), "probability"),
            across="place",
            up="probability",
            log_up=True,
        ),
    ]


SCENE = Scene(
    "Probabilities of one hill of logits around 0, around 100 and around -10000, and of a row with logits 2000 apart; then of "
    "logits that fall evenly.",
    draw,
    shows=[
        "without_shift",
        "clipped_logits",
        "shifted_by_the_mean",
        "shifted_by_the_global_maximum",
        "ignores_axis",
        "over_everything",
        "differences_clipped",
        "epsilon_in_the_sum",
        "minus_one_is_padding",
    ],
)
