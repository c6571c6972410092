"""Which rows of a batch come to which part, on which device each part lies, and what becomes of rows that cannot be dealt.

The rows hold their own numbers, so cards dealt one by one look unlike a pack that is cut. The last chart offers batches of
several sizes: what the devices divide comes through, everything else is refused.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image


def _held(array: Any) -> Any:
    """Devices down, slices of the first axis across: 1 where a device holds a slice."""
    held = np.zeros((jax.device_count(), max(np.shape(array)[0], 1)))
    for shard in getattr(array, "addressable_shards", ()):
        held[shard.device.id, shard.index[0]] = 1
    return held


def draw(shard_batch: Any) -> list[Any]:
    """The parts, their places, and the rows that come of more and more rows."""
    n = jax.device_count()
    rows, columns = 4 * n, 2 * n
    numbers = jnp.arange(rows, dtype=jnp.float32)
    batch = {"x": numbers, "table": numbers[:, None] + jnp.zeros(columns)}
    parts = shard_batch(batch, n)
    table = np.asarray(parts["table"])
    sizes, kept = np.arange(1, 2 * n + 2), []
    for size in sizes:
        try:
            kept.append(np.asarray(shard_batch({"x": jnp.ones((int(size), n))}, n)["x"]).size / n)
        except Exception:
            kept.append(0)
    return [
        image(
            "rows of each part, a part in each line",
            np.asarray(parts["x"]),
            scale="heat",
            low=0,
            high=rows - 1,
        ),
        image(
            "a table's rows, dealt out",
            table.reshape(-1, table.shape[-1]),
            scale="heat",
            low=0,
            high=rows - 1,
        ),
        image("devices down, parts across: who holds what", _held(parts["x"]), scale="labels", high=1),
        chart(
            "rows that come of rows that are given",
            bars(sizes, kept, "rows; none where it is refused"),
            across="rows that are given",
            up="rows that come",
        ),
    ]


SCENE = Scene(
    "A batch whose rows hold their own numbers, from 0 on, dealt out to all devices; which device holds which part; and how "
    "many rows come back of batches of other sizes, which are refused where the devices do not divide them.",
    draw,
    shows=["strides", "one_device", "drops_rows", "fills_up", "cuts_columns", "flattens"],
)
