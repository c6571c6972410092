"""The deeper look at numpy_collate."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.days.day14_flax_cnn.numpy_collate.checks import Picture, collated
from grader.toolkit import Draw, Learner, check


@check(
    "numpy_collate",
    "deeper",
    hint="By their dtype: floats of shape (c, h, w) are turned, bytes of shape (h, w) or (h, w, c) divided by 255.",
)
def test_numpy_collate_in_many_cases(learner: Learner, draw: Draw) -> None:
    h, w, c = draw.integer(1, 6), draw.integer(1, 6), draw.integer(1, 4)
    generator = np.random.default_rng(draw.integer(0, 2**32 - 1))
    form = draw.one_of("tensor", "wide tensor", "colours", "grey", "picture")
    batch, expected, labels = [], [], []
    for _ in range(draw.integer(1, 5)):
        label = draw.integer(0, 2**31 - 1)
        brightest = draw.one_of(255, 1, 0)
        image: Any
        if "tensor" in form or (c > 1 and form in ("grey", "picture")):
            image = generator.random((c, h, w)).astype(np.float64 if form == "wide tensor" else np.float32)
            expected.append(image.transpose(1, 2, 0))
        else:
            flat = c == 1 and form in ("grey", "picture")
            pixels = generator.integers(0, brightest, (h, w) if flat else (h, w, c), endpoint=True).astype(
                np.uint8
            )
            expected.append(pixels.reshape(h, w, c) / 255)
            image = Picture(pixels) if form == "picture" else pixels
        labels.append(label)
        batch.append((image, draw.one_of(label, np.array(label), np.int64(label))))
    collated(learner.numpy_collate(batch), np.stack(expected), labels)
