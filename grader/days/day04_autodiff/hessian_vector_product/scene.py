"""What comes of a step and of a lone peak, pushed through the Hessian of a chain of springs.

Each spring ties two neighbours, so that the product is 0 where the vector is even, and swings where it jumps: from a peak
comes a column of the Hessian, with both neighbours on the other side. A diagonal, a gradient or one number in its place have
no such swing.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line

LENGTH = 30


def draw(hessian_vector_product: Any) -> list[Any]:
    """Springs that are stiffer the farther they are along, and at a chain that is bent."""
    place = np.arange(LENGTH)
    stiffness = jnp.asarray(1 + place[1:] / LENGTH, jnp.float32)
    x = jnp.asarray(np.sin(place / 4), jnp.float32)

    def energy(x: Any) -> Any:
        stretch = x[1:] - x[:-1]
        return jnp.sum(stiffness * (stretch**2 + stretch**4))

    vectors = {"a step": np.where(place < 15, 0.0, 2.0), "a lone peak": np.where(place == 12, 2.0, 0.0)}
    return [
        chart(
            f"of {name}",
            line(place, vector, "the vector", given=True),
            line(place, hessian_vector_product(energy, x, jnp.asarray(vector, jnp.float32)), "the product"),
            across="place",
            up="value",
        )
        for name, vector in vectors.items()
    ]


SCENE = Scene(
    "The Hessian of a chain of springs, times a step and times a lone peak: the product swings where the vector jumps, and is 0 "
    "elsewhere.",
    draw,
    shows=["first_of_the_pair", "of_the_function", "diagonal"],
)
