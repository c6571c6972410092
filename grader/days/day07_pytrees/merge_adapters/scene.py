"""Weights whose paths look alike, after adapters were merged into three of them.

All weights are the same faint stripes, each adapter adds a cross or a ring, so that one looks and knows which leaves were
changed: a path that only ends, begins or agrees in part with an adapter's must keep its stripes. A product
of first columns alone draws another figure. One adapter belongs to a field of a named tuple; its numbers are large.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

SIDE = 12
Head = namedtuple("Head", ("w", "b"))


def draw(merge_adapters: Any) -> list[Any]:
    """Three weights with an adapter in a frame, five without in the other one."""
    ticks = np.arange(SIDE)
    stripes = jnp.asarray(np.cos(ticks[:, None] / 2 + ticks) * 0.3, jnp.float32)
    bump = np.exp(-((ticks - 4.0) ** 2) / 4)
    ramp = np.linspace(-1, 1, SIDE)
    cross = np.stack([bump, ramp], 1), np.stack([np.ones(SIDE), bump[::-1]])
    step = np.where(ticks[:, None] > ticks, 1.0, 0.0)
    square = step, np.diag(np.linspace(0.2, 1, SIDE))
    large = 3000 * bump[:, None], ramp[None]
    weights = {"1": {"w": stripes, "_w": stripes, "wide": stripes}, "10": {"w": stripes}}
    params = {
        "block": weights,
        "my": {"block": {"1": {"w": stripes}}},
        "list": [stripes, stripes],
        "head": Head(stripes, stripes),
    }
    adapters = {"block/1/w": cross, "list/1": square, "head/w": large}
    merged = merge_adapters(
        params,
        {
            path: tuple(jnp.asarray(part, jnp.float32) for part in adapter)
            for path, adapter in adapters.items()
        },
    )
    block = merged["block"]
    return [
        [
            image("block/1/w", block["1"]["w"], scale="signed"),
            image("list/1", merged["list"][1], scale="signed"),
            image("head/w, a field", merged["head"].w, scale="signed"),
        ],
        [
            image("block/1/_w", block["1"]["_w"], scale="signed"),
            image("block/10/w", block["10"]["w"], scale="signed"),
            image("my/block/1/w", merged["my"]["block"]["1"]["w"], scale="signed"),
            image("block/1/wide", block["1"]["wide"], scale="signed"),
            image("list/0", merged["list"][0], scale="signed"),
        ],
    ]


SCENE = Scene(
    "Weights with the same stripes after adapters were merged into some: each adapter draws another figure.",
    draw,
    shows=[
        "dict_keys_only",
        "begins_with",
        "ends_with",
        "substring",
        "outer_product",
        "strips_underscores",
        "clipped",
    ],
    titles=["paths that an adapter names", "paths that none names"],
)
