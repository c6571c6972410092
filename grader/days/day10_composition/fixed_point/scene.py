"""A smell on a ring of places: each step carries nine tenths of it one place on, and adds what the sources give.

The point is a trail behind the source. Its gradient is a trail the other way, from the place that is looked at back to the
sources that it feels: who forgets to transpose draws it in the wrong direction, who stops early cuts it short. One start is
far away, one has the right total already, but lies elsewhere.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

PLACES, SOURCE, NOSE = 48, 8, 36


def carry(x: Any, theta: Any) -> Any:
    """One step on the ring."""
    return 0.9 * jnp.roll(x, 1) + theta


def draw(fixed_point: Any) -> list[Any]:
    """The point from three starts, and the gradient of one place of it by the sources and by the start."""
    theta = jnp.zeros(PLACES).at[SOURCE].set(1)
    starts = jnp.stack([jnp.zeros(PLACES), jnp.full(PLACES, 40.0), jnp.full(PLACES, 10 / PLACES)])
    run = quick(fixed_point, static="function")

    def smelt(start: Any, theta: Any) -> Any:
        found = fixed_point(carry, start, theta)
        return found[NOSE], found

    by_start, by_theta = quick(jax.grad(lambda start, theta: smelt(start, theta)[0], argnums=(0, 1)))(
        starts[0], theta
    )
    labels = ("from zeros", "from far away", "from one that has the right total")
    places = np.arange(PLACES)
    return [
        chart(
            "the point",
            *(
                line(places, run(carry, start, theta), label)
                for start, label in zip(starts, labels, strict=True)
            ),
            across="place on the ring",
            up="smell",
        ),
        chart(
            f"gradient of the smell at place {NOSE}",
            line(places, by_theta, "by the sources"),
            line(places, by_start, "by the start"),
            across="place on the ring",
            up="slope",
        ),
    ]


SCENE = Scene(
    f"A source at place {SOURCE} leaves a trail that the ring carries on; and which sources the smell at place {NOSE} "
    "depends on. The start should count for nothing.",
    draw,
    shows=[
        "one_step",
        "gives_up_early",
        "last_step_only",
        "not_transposed",
        "v_left_out",
        "gradient_of_the_start",
        "short_way_back",
        "sum_changes",
    ],
)
