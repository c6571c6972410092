"""What comes out, and what a wave of a gradient is cut to on its way back.

The bounds lie unevenly about 0, and x runs the other way than the wave, so that whoever looks at x, at the upper bound
alone, or at the norm of the whole cuts elsewhere. One place of the gradient is not a number. Then every place has bounds of
its own, which vmap hands over traced.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, band, chart, line, points, quick

PLACES = 61


def draw(clip_gradient: Any) -> list[Any]:
    """Values, and the gradient once with common bounds and once with bounds of each place's own."""
    x = np.linspace(-2, 2, PLACES)
    wave = 2.2 * np.cos(np.linspace(0, 4 * np.pi, PLACES))
    hole = wave.copy()
    hole[45] = np.nan
    low, high = np.linspace(-2.5, 0, PLACES), np.linspace(0.2, 2.5, PLACES)

    def back(x: Any, gradient: Any, low: Any, high: Any) -> Any:
        out, pull = jax.vjp(lambda x: clip_gradient(x, low, high), x)
        return out, pull(gradient)[0]

    arrays = [jnp.asarray(one, jnp.float32) for one in (x, hole, wave, low, high)]
    out, common = quick(lambda x, gradient: back(x, gradient, -1.5, 0.75))(arrays[0], arrays[1])
    own = quick(jax.vmap(back))(arrays[0], *arrays[2:])[1]
    flat = np.ones(PLACES)
    return [
        chart(
            "forwards",
            line(x, x, "x itself", given=True),
            line(x, out, "what comes out"),
            across="x",
            up="out",
        ),
        chart(
            "backwards, between -1.5 and 0.75",
            band(x, -1.5 * flat, 0.75 * flat, "between the bounds", given=True),
            points(x, hole, "the gradient of out", given=True),
            points(x, common, "the gradient of x"),
            across="x",
            up="gradient",
        ),
        chart(
            "backwards, with bounds for each x",
            band(x, low, high, "between the bounds", given=True),
            line(x, wave, "the gradient of out", given=True),
            line(x, own, "the gradient of x"),
            across="x",
            up="gradient",
        ),
    ]


SCENE = Scene(
    "Forwards nothing happens. Backwards a wave of a gradient is cut off at the bounds, at each place by itself; where it is "
    "not a number it stays so.",
    draw,
    shows=["clips_the_value", "value_through_stop_gradient", "no_rule", "by_norm", "symmetric", "nan_zero"],
)
