"""Stretches of a chain that is pulled at in different places, each place in a row: systems that share their matrix.

The wind pulls the chain to one side, so that the matrix is not symmetric, and solutions that were laid out or taken the wrong
way are mirrored or turned. There are as many right-hand sides as unknowns, one of them is missing, and its row alone may be.
The second matrix is tiny and has zeros on its diagonal: what is added to be on the safe side spoils it, and so does a division.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image, quick

SIZE = 16
MISSING = 5


def draw(solve_many: Any) -> list[Any]:
    """Sixteen pulls on a chain, and six of them on a chain whose knots are numbered otherwise."""
    solve = quick(solve_many)
    chain = 2.2 * np.eye(SIZE) - 1.3 * np.eye(SIZE, k=1) - 0.7 * np.eye(SIZE, k=-1)
    pulls = np.eye(SIZE) + np.eye(SIZE, k=1)
    few = pulls[::3].copy()
    pulls[MISSING] = np.nan
    other = 1e-6 * np.roll(chain, 5, 0)
    both = [
        solve({"a": jnp.asarray(a, jnp.float32), "b": jnp.asarray(b, jnp.float32)})
        for a, b in ((chain, pulls), (other, 1e-6 * few))
    ]
    return [
        image("16 pulls (down): where the knots go (across)", both[0], scale="signed"),
        image("6 pulls on a tiny matrix, zeros on its diagonal", both[1], scale="signed"),
    ]


SCENE = Scene(
    "How the 16 knots of a chain move when it is pulled at in one place after another; the sixth pull is missing.",
    draw,
    shows=[
        "result_in_columns",
        "transposed_matrix",
        "regularised",
        "columns_when_square",
        "no_pivots",
        "nan_to_num",
    ],
)
