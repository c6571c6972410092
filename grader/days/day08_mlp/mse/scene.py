"""The loss while predictions move past their targets, its slope, the same far from zero, and which shapes are refused.

The loss is a parabola through 0: a root makes it a corner, a half or a sum another width. The slope is a line through 0, also
at a perfect fit. Beside ten thousand a square that was multiplied out has no digits left. In the table only equal shapes may be
taken: cells off the diagonal are shapes that broadcast.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, quick

SHAPES = (), (1,), (3,), (1, 3), (3, 1), (3, 3), (3, 2), (2, 3)


def _taken(mse: Any, one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """1 for a number, 0 for the ValueError that is asked for, 2 for another error."""
    try:
        mse(np.zeros(one, np.float32), np.zeros(other, np.float32))
    except (ValueError, TypeError) as error:
        return 0 if isinstance(error, ValueError) else 2
    except Exception:
        return 2
    return 1


def draw(mse: Any) -> list[Any]:
    """A table of targets, 3 by 4, and 33 shifts."""
    targets = jnp.asarray(np.arange(12).reshape(3, 4), jnp.float32)
    shifts = np.linspace(-4, 4, 33)
    loss = quick(lambda shift, offset: mse(targets + offset + shift, targets + offset))
    slope = quick(
        lambda shift: jax.grad(lambda predictions: mse(predictions, targets))(targets + shift).sum()
    )
    return [
        chart("the loss", line(shifts, [loss(x, 0.0) for x in shifts]), across="shift", up="loss"),
        chart("its slope", line(shifts, [slope(x) for x in shifts]), across="shift", up="slope"),
        chart(
            "beside ten thousand",
            line(shifts, [loss(x, 1e4) for x in shifts]),
            across="shift",
            up="loss",
        ),
        image(
            "which shapes are taken together: 1 taken, 0 refused, 2 another error",
            [[_taken(mse, one, other) for other in SHAPES] for one in SHAPES],
            scale="labels",
            high=2,
        ),
    ]


SCENE = Scene(
    "The loss while all predictions are shifted, and its slope; and which shapes are taken: "
    "(), (1,), (3,), (1, 3), (3, 1), (3, 3), (3, 2), (2, 3).",
    draw,
    shows=[
        "sum",
        "half",
        "root",
        "divides_by_the_rows",
        "multiplied_out",
        "holds_the_targets_residual",
        "squared_norm",
        "broadcasts",
        "asserts",
        "compares_lengths",
        "compares_the_number_of_axes",
        "compares_axes_and_lengths",
        "compares_sizes",
    ],
)
