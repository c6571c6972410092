"""The staircase, the gradient through it, and what a loss after it sees.

The halves, and a number just below one of them, lie on the treads where rules for ties differ. The wave that flows back
should come through as it is, at each place by itself and far out, too. A loss of the square says which value the gradient
saw: the rounded one.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points, quick

STAIRS = np.linspace(-3.3, 3.3, 67) + 0.013
HALVES = np.array([-2.5, -1.5, -0.5, 0.49999997, 0.5, 1.5, 2.5])
WIDE = np.linspace(-300, 300, 67)
FAR = np.logspace(0, 12, 13)


def draw(straight_through_round: Any) -> list[Any]:
    """Values at all places in one call; gradients of two losses."""
    values = np.asarray(
        quick(straight_through_round)(jnp.asarray(np.concatenate([STAIRS, HALVES, FAR]), jnp.float32))
    )
    wave = np.sin(np.linspace(0, 6 * np.pi, 67))

    def weighed(x: Any, wave: Any) -> Any:
        return jnp.sum(straight_through_round(x) * wave)

    def squared(x: Any) -> Any:
        return jnp.sum(straight_through_round(x) ** 2)

    def gradients(x: Any, wide: Any, wave: Any) -> Any:
        return jax.grad(weighed)(wide, wave), jax.grad(squared)(x)

    through, square = quick(gradients)(*(jnp.asarray(one, jnp.float32) for one in (STAIRS, WIDE, wave)))
    return [
        chart(
            "the value",
            line(STAIRS, values[:67], "rounded"),
            points(HALVES, values[67:74], "halves, and just below one"),
            across="x",
            up="value",
        ),
        chart(
            "the value far out",
            points(FAR, values[74:], "rounded"),
            across="x",
            up="value",
            log_across=True,
            log_up=True,
        ),
        chart(
            "a wave on its way back",
            line(WIDE, wave, "the gradient of out", given=True),
            line(WIDE, through, "the gradient of x"),
            across="x",
            up="gradient",
        ),
        chart("gradient of the squared result", line(STAIRS, square, "by x"), across="x", up="gradient"),
    ]


SCENE = Scene(
    "A staircase forwards, also very far out; backwards a wave that comes through as it is; and the gradient of the squared "
    "result, which is twice the rounded number.",
    draw,
    shows=[
        "plain",
        "halves_up",
        "stops_it_all",
        "stops_the_wrong_part",
        "saturates",
        "saturate1000",
        "sums_the_gradient",
        "value_of_the_past",
        "through_int32",
    ],
)
