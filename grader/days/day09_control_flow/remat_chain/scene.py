"""A ring of points after sixteen layers that turn and stretch by turns, and how much each layer matters.

Turning and stretching do not commute, so that layers in another order bend the ring in another way. The size of the
gradient layer by layer shows whether it comes back as far as the first one, or is cut off between two segments.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line

LAYERS, PLACES = 16, 49


def draw(remat_chain: Any) -> list[Any]:
    """The ring, and the gradient's length for each layer's weights."""
    around = np.linspace(0, 2 * np.pi, PLACES)
    ring = np.stack([0.8 * np.cos(around), 0.8 * np.sin(around)], axis=1)
    weights = np.zeros((LAYERS, 2, 2))
    for layer in range(LAYERS):
        turn = 0.15 + 0.05 * layer
        stretch = np.diag([1.5, 1.0] if layer % 3 else [1.05, 1.6])
        weights[layer] = stretch @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    x = jnp.asarray(ring, jnp.float32)

    def total(weights: Any) -> Any:
        out = remat_chain(weights, x)
        return jnp.sum(out[: PLACES // 3]), out

    slopes, out = map(np.asarray, jax.grad(total, has_aux=True)(jnp.asarray(weights, jnp.float32)))
    return [
        chart(
            "a ring of points before and after the chain",
            line(ring[:, 0], ring[:, 1], "before", given=True),
            line(out[:, 0], out[:, 1], "after"),
            across="first number",
            up="second number",
            equal=True,
        ),
        chart(
            "length of the gradient",
            bars(np.arange(1, LAYERS + 1), np.sqrt((slopes**2).sum((1, 2))), "of the weights"),
            across="layer",
            up="length",
        ),
    ]


SCENE = Scene(
    "A ring of points after sixteen layers that turn and stretch, no two alike, and how strongly a sum of the results "
    "depends on each layer.",
    draw,
    shows=["backwards", "tanh_at_the_end", "transposed", "layers_dealt_out", "gradient_cut"],
)
