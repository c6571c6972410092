"""A decaying wave fitted to data, step by step: the curve, and the parameters on their way.

Data are noisy and the start is off, so that the first steps differ from those of gradient descent, of Newton, and uphill; the
second fit has the same residuals in millionths, which change nothing unless something is added to them.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points

STEPS = 4


def draw(gauss_newton_step: Any) -> list[Any]:
    """A frame for each step."""
    times = np.linspace(0, 6, 25)
    data = 2 * np.exp(-0.3 * times) * np.cos(1.5 * times) + np.random.default_rng(7).normal(
        0, 0.25, times.size
    )
    t, y = jnp.asarray(times, jnp.float32), jnp.asarray(data, jnp.float32)

    def curve(x: Any, t: Any) -> Any:
        return x[0] * np.exp(-x[1] * t) * np.cos(x[2] * t)

    def residuals(x: Any) -> Any:
        return x[0] * jnp.exp(-x[1] * t) * jnp.cos(x[2] * t) - y

    fine = np.linspace(0, 6, 45)
    paths = [[np.array([1.5, 0.5, 1.4])] for _ in range(2)]
    frames = []
    for _ in range(STEPS):
        for path, f in zip(paths, (residuals, lambda x: 1e-6 * residuals(x)), strict=True):
            path.append(np.asarray(gauss_newton_step(f, jnp.asarray(path[-1], jnp.float32)), np.float64))
        panels = [
            chart(
                title,
                points(times, data, "data", given=True),
                line(fine, curve(path[-1], fine), "fit"),
                across="time",
                up="value",
            )
            for title, path in zip(("the fit", "the fit, from residuals in millionths"), paths, strict=True)
        ]
        walked = np.stack(paths[0])
        panels.append(
            chart(
                "the parameters so far",
                line(walked[:, 1], walked[:, 2], "path"),
                points(walked[:, 1], walked[:, 2], "steps"),
                across="decay",
                up="frequency",
            )
        )
        frames.append(panels)
    return frames


SCENE = Scene(
    "A decaying wave is fitted to noisy data in four steps, once as it is and once with all residuals in millionths; and the way "
    "of two of its parameters.",
    draw,
    shows=["step_alone", "uphill", "gradient_step", "newton", "damped"],
    titles=[f"step {number}" for number in range(1, STEPS + 1)],
)
