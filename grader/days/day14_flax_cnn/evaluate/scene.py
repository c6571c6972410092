"""The same 24 examples in batches of several sizes: loss and accuracy must be the same however they are dealt.

The hard examples come last, so that batches which weigh more than their examples, or are left out, move both.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points

SPLITS = (12, 12), (8, 8, 8), (4, 4, 4, 4, 4, 4), (12, 8, 4), (8, 12, 4), (4, 8, 12), (12, 4, 8)


def _apply(variables: Any, images: Any, train: bool) -> Any:
    return images.reshape(images.shape[0], -1) * variables["params"]["scale"]


def draw(evaluate: Any) -> list[Any]:
    """Loss and accuracy by split, and once more for logits that are a hundred times as large."""
    generator = np.random.default_rng(7)
    labels = (np.arange(24) % 3).astype(np.int32)
    right = np.linspace(4, -2, 24)[:, None] * np.eye(3)[labels]
    images = (right + generator.normal(0, 0.3, (24, 3))).astype(np.float32)[:, :, None, None]
    found = []
    for scale in (1.0, 100.0):
        state = SimpleNamespace(params={"scale": jnp.float32(scale)}, batch_stats={}, apply_fn=_apply)
        for split in SPLITS:
            ends = np.cumsum(split)
            pairs = (
                (images[end - size : end], labels[end - size : end])
                for end, size in zip(ends, split, strict=True)
            )
            loss, accuracy = evaluate(state, pairs)
            found.append([float(loss), float(accuracy)])
    small, large = np.array(found[: len(SPLITS)]), np.array(found[len(SPLITS) :])
    numbers = range(1, len(SPLITS) + 1)
    level = np.full(len(SPLITS), np.mean(images[..., 0, 0].argmax(axis=1) == labels))
    across = "way to deal: 2 x 12, 3 x 8, 6 x 4, 12 8 4, 8 12 4, 4 8 12, 12 4 8"
    return [
        chart("loss", points(numbers, small[:, 0], "loss"), across=across, up="loss"),
        chart(
            "accuracy",
            line(numbers, level, "share of all 24", given=True),
            points(numbers, small[:, 1], "accuracy"),
            across=across,
            up="accuracy",
        ),
        chart(
            "loss of logits a hundred times as large",
            points(numbers, large[:, 0], "loss"),
            across=across,
            up="loss",
        ),
    ]


SCENE = Scene(
    "24 examples, the hardest last, dealt into batches in seven ways: loss and accuracy, which should be the same each time; "
    "and the loss for logits that are a hundred times as large.",
    draw,
    shows=["mean_of_means", "drops_the_last", "loss_of_means", "reads_twice", "eps_in_the_log"],
)
