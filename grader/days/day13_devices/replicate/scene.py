"""A matrix that is copied to devices, as it comes back, and which device holds which copy: all devices, and two of them.

Copies along another axis make another table. Values alone do not tell where the copies lie; the second image does.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image


def _held(array: Any) -> Any:
    """Devices down, slices of the first axis across: 1 where a device holds a slice."""
    held = np.zeros((jax.device_count(), max(np.shape(array)[0], 1)))
    for shard in getattr(array, "addressable_shards", ()):
        held[shard.device.id, shard.index[0]] = 1
    return held


def draw(replicate: Any) -> list[Any]:
    """The copies and their places, for all devices and for two."""
    pattern = np.add.outer(np.arange(3), np.arange(5)) % 4
    frames = []
    for number in (jax.device_count(), min(2, jax.device_count())):
        copies = replicate({"w": jnp.asarray(pattern, jnp.float32)}, number)["w"]
        table = np.asarray(copies)
        frames.append(
            [
                image("what is copied", pattern, scale="labels", high=3, given=True),
                image(
                    "all that came, one slice below the other",
                    table.reshape(-1, table.shape[-1]),
                    scale="labels",
                    high=3,
                ),
                image("devices down, slices across: who holds what", _held(copies), scale="labels", high=1),
            ]
        )
    return frames


SCENE = Scene(
    "A matrix of 3 rows copied to all devices, and to two of them: the copies, and for each device the slices of the first "
    "axis that it holds.",
    draw,
    shows=["repeats_rows", "last_axis", "sharding_alone", "one_device", "all_copies_everywhere"],
    titles=["all devices", "two devices"],
)
