"""The confusion of a classifier with habits, and its accuracy on batches that are easy to get wrong.

Sevens are often taken for ones, never ones for sevens, so that a table with its axes exchanged is another one. One pair of
classes comes up 150 times, beyond the counter of eight bits; some rows have ties, and a part of them is padding that must
not show up in the last row. The batches: all right, half of it padding, ties alone, and nothing but padding.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, quick

CLASSES = 8
HABITS = (7, 1, 30), (3, 5, 12), (4, 6, 6), (2, 0, 9)  # label, choice, how often


def _one_hot(choices: Any) -> Any:
    return np.eye(CLASSES, dtype=np.float32)[choices]


def draw(accuracy_and_confusion: Any) -> list[Any]:
    """All right 20 times a class, once 150 times; four habits; ten ties; forty rows of padding."""
    labels = np.repeat(np.arange(CLASSES), [20, 20, 20, 20, 20, 150, 20, 20])
    choices = labels.copy()
    for label, choice, times in HABITS:
        labels, choices = np.append(labels, [label] * times), np.append(choices, [choice] * times)
    logits = _one_hot(choices)
    ties = np.zeros((14, CLASSES), np.float32)
    ties[:, [2, 6]] = 3.0
    padding = _one_hot(np.full(40, 3))
    rows = np.concatenate([logits, ties, padding])
    names = np.concatenate([labels, np.full(14, 2), np.full(40, -1)]).astype(np.int32)
    order = np.random.default_rng(7).permutation(len(rows))
    count = quick(accuracy_and_confusion, static="n_classes")
    accuracy, confusion = count(rows[order], names[order], CLASSES)
    batches = (
        (_one_hot(np.arange(8)), np.arange(8)),
        (_one_hot(np.arange(8)), np.where(np.arange(8) % 2, np.arange(8), -1)),
        (ties[:8], np.full(8, 2)),
        (padding[:8], np.full(8, -1)),
    )
    shares = [count(jnp.asarray(z), jnp.asarray(one, jnp.int32), CLASSES)[0] for z, one in batches]
    return [
        image("labels (down), choices (across)", confusion, scale="heat", low=0, high=50),
        chart(
            "accuracy",
            bars(range(1, 6), [accuracy, *shares]),
            across="1 of the table, 2 all right, 3 half padding, 4 ties, 5 padding alone",
            up="accuracy",
        ),
    ]


SCENE = Scene(
    "Which class was taken for which: sevens often for ones, threes for fives. Then the accuracy, also of four special batches.",
    draw,
    shows=[
        "transposed",
        "set_instead_of_add",
        "shares_of_classes",
        "all_of_the_largest",
        "last_of_the_largest",
        "padding_is_the_last_class",
        "divides_by_all",
        "zero_by_zero",
        "eight_bits",
    ],
)
