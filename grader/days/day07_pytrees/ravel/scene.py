"""The vector of a tree, and a tree that was filled from another vector, whose numbers rise from 0.

Each leaf has numbers of its own size, so that the order can be read off the steps of the vector. What comes back shows in each
leaf from which stretch it was filled and in which direction: down the columns, from the wrong place, or not at all, where the
old numbers return. Half numbers come in: a leaf of whole numbers cuts them off. Between both, another tree is laid out.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, points


def draw(ravel: Any) -> list[Any]:
    """Four leaves of three dtypes; then integers that no half-precision float can hold."""
    tree = {
        "weights": jnp.asarray(20 + np.arange(28).reshape(4, 7) / 4, jnp.float32),
        "bias": jnp.asarray(np.array([30, 31, 32, 33, 34]), jnp.float16),
        "counts": [jnp.asarray(np.arange(6), jnp.int32), None],
        "deep": (jnp.asarray(10 + np.arange(12).reshape(2, 3, 2), jnp.float32),),
    }
    vector, unravel = ravel(tree)
    ravel({"weights": jnp.zeros((3, 3)), "bias": jnp.zeros(2)})
    filled = unravel(jnp.arange(51) * 2.5)
    huge, _ = ravel({"large": jnp.array([70_000, 40_000]), "small": jnp.array([1, 2, 3], jnp.float16)})
    return [
        chart(
            "the vector",
            points(np.arange(np.size(vector)), vector),
            across="place",
            up="number",
        ),
        image("weights, filled from 0, 2.5, 5 ...", filled["weights"], low=0, high=125),
        image("counts, filled", filled["counts"][0], low=10, high=30),
        chart(
            "the vector of two large integers, three small float16",
            points(np.arange(np.size(huge)), huge),
            across="place",
            up="number",
        ),
    ]


SCENE = Scene(
    "A tree as a vector, two of its leaves filled from numbers that rise from 0, and large integers beside float16.",
    draw,
    shows=[
        "column_by_column",
        "remembers_the_tree",
        "order_of_the_dict",
        "cuts_by_rows",
        "integers_kept",
        "dtypes_lost",
        "joined_then_widened",
    ],
)
