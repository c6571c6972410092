"""Samples in the forms that data sets give, and the batches that they become.

The image is higher than wide, bright in another corner for each channel, so axes that are reshaped or swapped tear it, and
bytes that stay bytes are far too bright.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.scenes import Scene, image

FORMS = "floats, channels first", "bytes, channels last", "bytes without channels", "bytes of 0 and 1"


def draw(numpy_collate: Any) -> list[Any]:
    """For each form the channels of the last image, side by side, and the labels."""
    down, across = np.mgrid[:12, :7]
    ring = np.hypot(down - 5, across - 3) < 3
    channels = [down / 11, across / 6, 0.8 * ring + 0.1]
    floats = np.stack(channels).astype(np.float32)
    octets = (255 * floats.transpose(1, 2, 0)).round().astype(np.uint8)
    frames = []
    for form, high in ((floats, 1), (octets, 1), (octets[..., 2], 1), (octets // 255, 1 / 255)):
        images, labels = numpy_collate(
            [(np.zeros_like(form), 3), (form, 1), (form[..., ::-1] if form is floats else form, 2)]
        )
        images = np.asarray(images)
        last = images[1]
        last = last[..., None] if last.ndim == 2 else last
        strip = np.concatenate([last[:, :, number] for number in range(last.shape[-1])], axis=1)
        frames.append(
            [
                image("channels of the second image, side by side", strip, scale="grey", low=0, high=high),
                image("labels", np.asarray(labels), scale="labels", high=3),
            ]
        )
    return frames


SCENE = Scene(
    "The same image of 12 rows and 7 columns as data sets give it, joined into a batch: its channels side by side, which "
    "grow downward, grow to the right, and show a disc. The last image holds bytes that are 0 or 1 alone.",
    draw,
    shows=["channels_first", "reshapes", "bytes", "moves_all", "largest_value"],
    titles=FORMS,
)
