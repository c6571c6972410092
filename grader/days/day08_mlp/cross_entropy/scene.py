"""The loss while the logit of the right class moves, near and far, and its slope by each logit of twelve examples.

The loss falls to 0 and never below: another sign, a sum or a mean of everything is another curve. Far away it is a straight
line up to a hundred thousand, where logarithms of probabilities are infinite or have a ceiling. The slopes are negative at
the label of each example and positive elsewhere, in rows that add up to nothing.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, quick

CLASSES = 12


def draw(cross_entropy: Any) -> list[Any]:
    """As many examples as classes."""
    labels = jnp.asarray((5 * np.arange(CLASSES) + 1) % CLASSES, jnp.int8)
    rows = np.arange(CLASSES)
    others = np.cos(np.outer(rows, rows + 1)) * 2

    compiled = quick(cross_entropy)

    def loss(logit: float) -> Any:
        logits = others.astype(np.float32)
        logits[rows, labels] = logit
        return compiled(jnp.asarray(logits), labels)

    near, far = np.linspace(-8, 8, 33), np.concatenate([-np.logspace(5, 1, 17), np.logspace(1, 5, 17)])
    slopes = jax.grad(compiled)(jnp.asarray(others, jnp.float32), labels)
    return [
        chart("near", line(near, [loss(x) for x in near]), across="logit of the right class", up="loss"),
        chart(
            "far",
            line(far, [loss(x) for x in far]),
            across="logit of the right class",
            up="loss",
        ),
        image("slope by each logit: examples (down), classes (across)", slopes, scale="signed"),
    ]


SCENE = Scene(
    "The loss of twelve examples while the logits of the right classes move, near and far, and its slope by each logit.",
    draw,
    shows=[
        "sum",
        "mean_of_everything",
        "every_label_in_every_row",
        "without_the_sign",
        "takes_logits_for_logarithms",
        "log_of_probabilities",
        "a_small_number_added",
        "bounded",
        "stops_the_sum",
        "labels_down_the_columns",
    ],
)
