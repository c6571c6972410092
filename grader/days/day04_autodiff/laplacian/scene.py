"""The Laplacian over a plane: of a slanting bell, and of a harmonic function, where it is 0 everywhere.

The plane lies in a space of nine dimensions, on the first and the last axis, and the functions have cross terms: what takes
more of the Hessian than its diagonal is not 0 for the harmonic function, and differences leave noise there.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

SIDE = 28


def _hill(x: Any) -> Any:
    return jnp.exp(-(x[0] ** 2) - x[8] ** 2 - x[0] * x[8])


def _harmonic(x: Any) -> Any:
    return x[0] ** 3 * x[8] - x[0] * x[8] ** 3


def _either(x: Any) -> Any:
    """One function for both fields, so that one program does: the fifth coordinate says which."""
    return (1 - x[4]) * _hill(x) + x[4] * _harmonic(x)


def draw(laplacian: Any) -> list[Any]:
    """Two fields of 28 by 28."""
    side = np.linspace(-2, 2, SIDE)
    plane = np.zeros((2, SIDE, SIDE, 9))
    plane[1, ..., 4] = 1
    plane[..., 0], plane[..., 8] = side[:, None], side
    places = jnp.asarray(plane, jnp.float32).reshape(-1, 9)
    fields = jax.vmap(lambda x: laplacian(_either, x))(places)
    hill, harmonic = np.asarray(fields).reshape(2, SIDE, SIDE)
    return [
        image("of a slanting bell", hill, scale="signed", low=-5, high=5),
        image("of a harmonic function", harmonic, scale="signed", low=-1, high=1),
    ]


SCENE = Scene(
    "The Laplacian over a plane: of a slanting bell, and of a harmonic function, of which nothing should be left.",
    draw,
    shows=[
        "differences",
        "sum_of_gradient",
        "sum_of_all_entries",
        "one_random_probe",
        "square_of_gradient",
        "eight_colours",
    ],
)
