"""Logarithms of probabilities of twelve classes: near 0, at an offset of ten million, far apart, and of a whole batch.

At the offset exponentials overflow, and a maximum that was added back takes the digits with it: the curve must be the first one
again. Where logits lie far apart probabilities become 0, and what is clipped there is flat. The batch has rows of very
different size, each with a maximum of its own. The last image is how each result depends on each logit,
of which two are the largest.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, quick

CLASSES = 12


def draw(log_softmax: Any) -> list[Any]:
    """Whole numbers, so that float32 holds them at any offset."""
    out = quick(log_softmax)
    logits = jnp.asarray([3, 1, 0, 4, 8, 9, 6, 2, 5, 7, 5, 1], jnp.float32)
    batch = jnp.asarray(np.outer([1, 30, -40, 0.1], np.sin(np.arange(CLASSES))), jnp.float32)
    batch = batch + jnp.array([[0.0], [500.0], [-900.0], [20.0]])
    impossible = batch[None, :1].at[0, 0, 3].set(-jnp.inf)
    slopes = jax.jacobian(out)(logits.at[8].set(9))
    classes = range(CLASSES)
    return [
        chart(
            "logits from 0 to 9, alone and on ten million",
            line(classes, out(logits), "alone"),
            line(classes, out(logits + 1e7), "on ten million"),
            across="class",
            up="logarithm",
        ),
        chart(
            "logits from -10,000 to 10,000",
            line(classes, out(jnp.linspace(-1e4, 1e4, CLASSES))),
            across="class",
            up="logarithm",
        ),
        image(
            "a batch: rows (down), then a row with an impossible class",
            np.concatenate([np.asarray(out(batch[None]))[0], np.asarray(out(impossible))[0]]),
            low=-80,
            high=0,
        ),
        image("results (down) by logits (across): the derivatives", slopes, scale="signed"),
    ]


SCENE = Scene(
    "The logarithms of twelve probabilities: of small logits and of the same on ten million, of logits far apart, "
    "and of a batch whose rows have very different logits.",
    draw,
    shows=[
        "as_written",
        "log_of_a_stable_softmax",
        "clipped",
        "first_axis",
        "second_axis",
        "one_maximum_for_all",
        "adds_the_maximum_back",
        "raises_the_lowest",
        "stops_the_shift",
        "one_for_the_largest",
    ],
)
