"""Value, slope and second derivative: near 0, far to the right where exponentials overflow, far to the left on a log axis.

In the middle every formula is right. Both ends tell them apart: infinite or not a number on the right, 0 too early on the
left, for the value or for the slope.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

NEAR, RIGHT, LEFT = np.linspace(-8, 8, 41), np.linspace(0, 120, 41), np.linspace(-40, 0, 41)


def draw(log1pexp: Any) -> list[Any]:
    """All places in one call; the slopes in reverse mode, the second ones forwards over that."""
    x = jnp.asarray(np.concatenate([NEAR, RIGHT, LEFT]), jnp.float32)

    def slopes(x: Any) -> Any:
        return jax.grad(lambda x: jnp.sum(log1pexp(x)))(x)

    def everything(x: Any) -> Any:
        return log1pexp(x), jax.vjp(log1pexp, x)[0], *jax.jvp(slopes, (x,), (jnp.ones_like(x),))

    value, beside, slope, second = (np.asarray(one) for one in quick(everything)(x))
    near, right, left = slice(0, 41), slice(41, 82), slice(82, 123)
    return [
        chart(
            "near 0",
            line(NEAR, value[near], "value"),
            line(NEAR, slope[near], "slope"),
            line(NEAR, second[near], "slope of the slope"),
            across="x",
            up="result",
        ),
        chart(
            "far to the right: the value",
            line(RIGHT, value[right], "value"),
            line(RIGHT, beside[right], "value, while it is differentiated"),
            across="x",
            up="value",
        ),
        chart("far to the right: the slope", line(RIGHT, slope[right], "slope"), across="x", up="slope"),
        chart(
            "far to the left",
            line(LEFT, value[left], "value"),
            line(LEFT, beside[left], "value, while it is differentiated"),
            line(LEFT, slope[left], "slope"),
            across="x",
            up="result",
            log_up=True,
        ),
    ]


SCENE = Scene(
    "The value and its derivatives near 0, far to the right, where they stay finite, and far to the left, where they are "
    "tiny but not 0.",
    draw,
    shows=[
        "plain",
        "custom_rule_on_the_plain_formula",
        "log_of_one_plus",
        "where_without_a_safe_input",
        "slope_overflows",
        "slope_cancels",
        "slope_by_tanh",
        "slope_held_still",
        "plain_value_in_the_rule",
        "tiny_values_lost_in_the_rule",
    ],
)
