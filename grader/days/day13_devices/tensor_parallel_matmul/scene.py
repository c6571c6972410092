"""Which parts of a product arrive in the sum, and on which device the result lies.

Row i of x looks at part i of the inner axis alone, and part i of w holds the number i + 1: so row i of the product is i + 1
where part i was added once, by the right device.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image, quick


def draw(tensor_parallel_matmul: Any) -> list[Any]:
    """The product by parts, and the columns of it that each device holds."""
    n = jax.device_count()
    x = np.kron(np.eye(n), np.ones((1, 2)) / 2).astype(np.float32)
    w = (np.repeat(np.arange(1, n + 1), 2)[:, None] + np.zeros(2 * n)).astype(np.float32)
    result = quick(tensor_parallel_matmul)(jnp.asarray(x), jnp.asarray(w))
    held = np.zeros((n, 2 * n))
    for shard in getattr(result, "addressable_shards", ()):
        held[shard.device.id, shard.index[1]] = 1
    return [
        image("x", x, scale="heat", low=0, high=1, given=True),
        image("w", w, scale="heat", low=0, high=n, given=True),
        image("x @ w", result, scale="heat", low=0, high=n),
        image("devices down, columns of the result across: who holds what", held, scale="labels", high=1),
    ]


SCENE = Scene(
    "A product whose inner axis is split over the devices. Row after row it grows by one, as each row takes its part from "
    "another device; and every device holds the whole of it.",
    draw,
    shows=["mean", "no_sum", "shifted", "stacks", "one_device", "leaves_it_split"],
)
