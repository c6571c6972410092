"""The weights themselves: values that are rows of the identity come back as the map of who attends to whom.

One head looks at its own place, more and more sharply, the other one five places back. Without the root of the width the lines
are too thin, with the width itself too wide; a softmax along the other axis gives every key the same weight in all. In the last
map the queries grow from row to row, up to scores of ten thousand: exponentials overflow at the bottom, and one maximum for all
empties the top.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image, quick

PLACES, BACK = 20, 5


def draw(attention: Any) -> list[Any]:
    """Two heads with as many queries as keys, and one head whose queries grow."""
    places = np.arange(PLACES + BACK)
    speeds = np.array([0.15, 0.3, 0.6, 0.9])
    waves = np.concatenate([np.cos(np.outer(places, speeds)), np.sin(np.outer(places, speeds))], 1)
    here, back = waves[BACK:], waves[:-BACK]
    strength = np.linspace(0.4, 4, PLACES)[:, None]
    queries, keys = np.stack([strength * here, 2 * back], 1), np.stack([here, here], 1)
    growing = np.stack([here * np.logspace(0, 4, PLACES)[:, None]] * 2, 1)
    q = jnp.asarray(np.stack([queries, growing]), jnp.float32)
    k = jnp.asarray(np.stack([keys, keys]), jnp.float32)
    v = jnp.asarray(np.broadcast_to(np.eye(PLACES)[None, :, None], (2, PLACES, 2, PLACES)), jnp.float32)
    out = np.asarray(quick(attention)(q, k, v))
    return [
        image("one head: queries (down), keys (across)", out[0, :, 0], scale="heat", low=0),
        image("the other head", out[0, :, 1], scale="heat", low=0),
        image("larger and larger queries", out[1, :, 0], scale="heat", low=0, high=1),
    ]


SCENE = Scene(
    "How much each place attends to each other one. One head looks at its own place, the other one five places back.",
    draw,
    shows=[
        "no_scale",
        "scaled_by_width",
        "softmax_over_queries",
        "heads_last",
        "positions_taken_for_heads",
        "bare_exponentials",
        "clipped_scores",
        "one_maximum_for_all",
        "causal_when_square",
    ],
)
