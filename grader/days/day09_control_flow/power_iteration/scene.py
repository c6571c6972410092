"""Matrices that stretch by -2 along an axis and leave the direction across it alone, for every direction of the axis.

The largest eigenvalue is negative: who takes a length for it is on the other side. After five steps the vectors lie on the
unit circle, most of them near the axis. Beside them a few matrices that are awkward: zero, tiny, huge, and
one whose image adds up to 0. Gradients at zero, and on the way.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points

AXES, STEPS = 48, 5
AWKWARD = np.array(
    [
        [[0, 0], [0, 0]],
        [[1, -1], [-1, 1]],
        [[2e-11, 0], [0, 1e-11]],
        [[2e11, 0], [0, 1e11]],
        [[1, 0], [0, -1]],
    ]
)
SCALES = np.array([1, 1, 1e-11, 1e11, 1])


def draw(power_iteration: Any) -> list[Any]:
    """All matrices in one call, with their gradients."""
    angles = np.linspace(0, np.pi, AXES, endpoint=False) + 0.01
    along = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turned = np.eye(2) - 3 * along[:, :, None] * along[:, None, :]
    matrices = jnp.asarray(np.concatenate([turned, AWKWARD]), jnp.float32)

    def found(matrix: Any) -> Any:
        value, vector = power_iteration(matrix, STEPS)
        return value, (value, vector)

    slopes, (values, vectors) = jax.vmap(jax.grad(found, has_aux=True))(matrices)
    slopes, values, vectors = map(np.asarray, (slopes, values, vectors))
    circle = np.linspace(0, 2 * np.pi, 61)
    degrees = np.rad2deg(angles)
    number = np.arange(1, len(AWKWARD) + 1)
    return [
        chart(
            f"the vectors after {STEPS} steps",
            line(np.cos(circle), np.sin(circle), "length 1", given=True),
            points(vectors[:AXES, 0], vectors[:AXES, 1], "vectors"),
            across="first number",
            up="second number",
            equal=True,
        ),
        chart(
            f"the eigenvalue after {STEPS} steps",
            line(degrees, values[:AXES]),
            across="direction of the axis in degrees",
            up="eigenvalue",
        ),
        chart(
            "awkward matrices",
            points(number, values[AXES:] / SCALES, "eigenvalue over the size of the entries"),
            points(number, vectors[AXES:, 0], "first number of the vector"),
            points(number, vectors[AXES:, 1], "second number"),
            across="1 zero, 2 image zero, 3 tiny, 4 huge, 5 image adds up to 0",
            up="number",
        ),
        chart(
            "gradient of the eigenvalue",
            points(np.arange(1, 5), slopes[AXES].ravel(), "at the zero matrix"),
            points(np.arange(1, 5), slopes[5].ravel(), "at one of the others"),
            across="entry of the matrix",
            up="slope",
        ),
    ]


SCENE = Scene(
    "Each matrix stretches by -2 along an axis of its own; the vector should come to lie along it, on the circle, and the "
    "eigenvalue come to -2. Beside them matrices that are zero, tiny, huge or cancel, and the gradient.",
    draw,
    shows=[
        "length_for_eigenvalue",
        "largest_entry",
        "not_normalised_at_first",
        "normalised_at_the_end",
        "zero_by_zero",
        "becomes_zero",
        "threshold",
        "starts_too_long",
        "asks_the_sum",
        "where_alone",
        "stops_the_gradient",
    ],
)
