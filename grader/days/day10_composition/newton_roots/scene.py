"""Where Newton's method leads from each start: three functions on which it has to jump, to stand still, or to walk far.

The cubic has three roots, and which of them a start finds changes wildly where the slope is small. It is written with a
product of its argument with itself, which means another function when it is given all starts at once. The hinge is flat on
the left, where a start stays. The parabola is tiny, and its starts are up to a thousand million away.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points

STEPS = 8


def cubic(x: Any) -> Any:
    """x³ - x, for one number."""
    return x * jnp.vdot(x, x) - x


def hinge(x: Any) -> Any:
    """Flat below 0, and x² - 1 above."""
    return jnp.sum(jnp.where(x > 0, x * x, 0)) - 1


def parabola(x: Any) -> Any:
    """(x² - 2) · 1e-20."""
    return jnp.sum(1e-20 * x * x - 2e-20)


def draw(newton_roots: Any) -> list[Any]:
    """Where all starts are after eight steps."""
    near, flat, far = np.linspace(-1.2, 1.2, 85), np.linspace(-2, 2, 25), np.logspace(0, 9, 19)
    found = [
        np.asarray(newton_roots(function, jnp.asarray(starts, jnp.float32), STEPS))
        for function, starts in ((cubic, near), (hinge, flat), (parabola, far))
    ]
    return [
        chart("x³ - x", points(near, found[0], "where it is"), across="start", up=f"after {STEPS} steps"),
        chart(
            "flat below 0, x² - 1 above",
            line(flat, flat, "the start itself", given=True),
            points(flat, found[1], "where it is"),
            across="start",
            up=f"after {STEPS} steps",
        ),
        chart(
            "(x² - 2) · 1e-20",
            points(far, found[2], "where it is"),
            across="start",
            up=f"after {STEPS} steps",
            log_across=True,
            log_up=True,
        ),
    ]


SCENE = Scene(
    f"Where {STEPS} steps of Newton's method lead from each start: to one of three roots, nowhere where the function is flat, "
    "and half as far at each step where the root is far away and everything is tiny.",
    draw,
    shows=[
        "one_step_too_many",
        "uphill",
        "divides_by_zero",
        "epsilon",
        "stops_where_it_is_nearly_flat",
        "damped1000",
        "difference",
        "stop_tiny",
    ],
)
