"""A batch of waves, one a feature, on very different scales: standardised they must look all alike.

Each feature is the same wave in another phase: small, large, with an offset of ten thousand, nearly still, and quite still.
Means over the features in the place of the batch, sums and squares that lose their digits break the pattern of slanted
stripes. The last image asks which example's result depends on which example: all on all, since all share mean and deviation.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

BATCH = 12
SCALES = np.array([1.0, 100.0, 1.0, 3e-3, 1e-3, 0.0])
OFFSETS = np.array([0.0, 50.0, 1e4, 0.0, 0.2, 3.0])


def draw(batch_standardize: Any) -> list[Any]:
    """Twelve examples of six features, and the derivatives of twelve single numbers."""
    lifted = jax.vmap(batch_standardize, axis_name="batch")
    phases = np.arange(BATCH)[:, None] / BATCH + np.arange(len(SCALES)) / 9
    batch = jnp.asarray(np.sin(2 * np.pi * phases) * SCALES + OFFSETS, jnp.float32)
    numbers = jnp.asarray(np.sin(2 * np.pi * phases[:, :1]), jnp.float32)
    slopes = jax.jacobian(lambda x: lifted(x).ravel())(numbers)
    return [
        image("examples (down), features (across)", lifted(batch), scale="signed", low=-2, high=2),
        image(
            "result (down) by example (across): the derivatives", slopes.reshape(BATCH, -1), scale="signed"
        ),
    ]


SCENE = Scene(
    "Six waves on very different scales, standardised over a batch of twelve: the last is still. Then what depends on what.",
    draw,
    shows=[
        "layer_norm",
        "over_axis_zero",
        "sums",
        "all_features_together",
        "maps_again",
        "unbiased",
        "added_to_the_root",
        "bare_root",
        "difference_of_squares",
        "statistics_held_still",
    ],
)
