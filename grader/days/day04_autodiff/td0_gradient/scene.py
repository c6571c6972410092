"""The semi-gradient of one transition while a weight, the discount or the reward is changed, and where tanh is saturated.

A target that moves, a value that is held still, a missing half, discount or tanh give curves of another shape; rewards go far
enough for a clipped error to bend, and weights far enough for exponentials to overflow.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

SWEPT = 41


def draw(td0_gradient: Any) -> list[Any]:
    """All sweeps in one call, each through 41 values."""
    weights = np.tile([0.4, -0.3], (4, SWEPT, 1))
    rewards, discounts = np.full((4, SWEPT), 0.5), np.full((4, SWEPT), 0.9)
    sweeps = [np.linspace(*ends, SWEPT) for ends in ((-3, 3), (0, 1), (-30, 30), (-150, 150))]
    weights[0, :, 0], discounts[1], rewards[2], weights[3, :, 0] = sweeps
    state, after = jnp.asarray([1.0, 0.5]), jnp.asarray([0.8, -1.0])
    found = quick(jax.vmap(lambda w, r, d: td0_gradient(w, state, r, after, d)))(
        *(
            jnp.asarray(each.reshape(4 * SWEPT, *each.shape[2:]), jnp.float32)
            for each in (weights, rewards, discounts)
        )
    )
    gradients = np.asarray(found).reshape(4, SWEPT, -1)
    titles = ("by the first weight", "by the discount", "by the reward", "by a weight far from zero")
    across = ("first weight", "discount", "reward", "first weight")
    return [
        chart(
            title,
            *(
                line(sweep, entry, name)
                for entry, name in zip(gradient.T, ("first entry", "second entry"), strict=False)
            ),
            across=what,
            up="gradient",
        )
        for title, what, sweep, gradient in zip(titles, across, sweeps, gradients, strict=True)
    ]


SCENE = Scene(
    "Both entries of the gradient for one transition, by the first weight, by the discount, by the reward, and by a weight so "
    "large that tanh no longer moves.",
    draw,
    shows=[
        "full_gradient",
        "stops_everything",
        "stops_the_value",
        "update_direction",
        "without_the_half",
        "linear_value",
        "undiscounted",
        "tanh_by_hand",
        "clipped",
    ],
)
