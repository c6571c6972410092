"""The norm and its slope along a line through the origin, how it bends beside it, and both over thirty powers of ten.

At the origin a root alone leaves a hole in the slope. Divided by the size of the vector, norm and slope are the same at all
sizes: an epsilon or a threshold shows as a step where vectors are small. The bend is what is left of a second
differentiation.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line


def draw(safe_norm: Any) -> list[Any]:
    """Vectors (3t, 4t), where the norm is 5t, and (t, 1)."""
    along = np.linspace(-1, 1, 41)
    along[20] = 0
    sizes = np.logspace(-15, 15, 61)
    direction = jnp.asarray([3.0, 4.0])
    both = jax.vmap(jax.value_and_grad(safe_norm))
    stacked = jnp.asarray(np.concatenate([along, sizes]), jnp.float32)[:, None] * direction
    values, slopes = (np.asarray(each, np.float64) for each in both(stacked))
    beside = jnp.asarray(along * 3, jnp.float32)
    bend = jax.vmap(jax.grad(jax.grad(lambda t: safe_norm(jnp.stack([t, jnp.ones_like(t)])))))(beside)
    n = along.size
    return [
        chart("the norm of t times (3, 4)", line(along, values[:n], "norm"), across="t", up="norm"),
        chart(
            "its gradient there, first entry",
            line(along, slopes[:n, 0], "gradient"),
            across="t",
            up="gradient",
        ),
        chart(
            "from 1e-15 to 1e15: norm by t, and the gradient",
            line(sizes, values[n:] / sizes, "norm by t"),
            line(sizes, slopes[n:, 0], "gradient, first entry"),
            across="t",
            up="value",
            log_across=True,
            log_up=True,
        ),
        chart(
            "the second derivative by t of the norm of (t, 1)", line(along * 3, bend), across="t", up="bend"
        ),
    ]


SCENE = Scene(
    "The norm and its gradient through the origin, where the gradient is 0; both at sizes from 1e-15 to 1e15; and how the norm "
    "bends beside the origin.",
    draw,
    shows=[
        "plain",
        "one_where",
        "epsilon",
        "epsilon_taken_back",
        "threshold",
        "one_at_the_origin",
        "held_still",
        "sum_of_sizes",
        "frozen_direction",
        "threshold_in_the_middle",
    ],
)
