"""A small network learns a sine, seventy steps a frame, beside its losses; and a bowl at three learning rates.

The curve should bend to the points from frame to frame, and the loss fall all the way: flat for a gradient that was computed
once, zeros where nothing was written down, a shifted curve where losses belong to other parameters. In the bowl the loss falls
to nothing, slowly and at once, and rises where the rate is too large: who stops by himself has a plateau there, and who takes a
step too few ends on the other side.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points, quick

FRAMES, STEPS, BOWL_STEPS = 4, 70, 30
UNITS = 12
RATES = 0.1, 0.4, 1.02


def _network(params: Any, x: Any) -> Any:
    (w, b), (v, c) = params
    return jnp.tanh(x[:, None] * w + b) @ v + c


def _loss(params: Any, x: Any, y: Any) -> Any:
    return jnp.mean((_network(params, x) - y) ** 2)


def _bowl(params: Any, x: Any, y: Any) -> Any:
    return jnp.mean((params - y) ** 2)


def draw(fit: Any) -> list[Any]:
    """Forty points of sin 3x with a little noise; twelve tanh units."""
    random = np.random.default_rng(7)
    x = np.linspace(-1.5, 1.5, 40).astype(np.float32)
    y = (np.sin(3 * x) + 0.1 * random.normal(size=40)).astype(np.float32)
    train = quick(fit, static=("n_steps", "loss"))
    curve = quick(_network)
    params: Any = (
        (jnp.asarray(random.normal(size=UNITS) * 3, jnp.float32), jnp.asarray(random.normal(size=UNITS))),
        (jnp.asarray(random.normal(size=UNITS) * 0.1, jnp.float32), jnp.zeros(())),
    )
    bowl, ends = [], []
    for rate in RATES:
        end, losses = train(jnp.float32(3), x[:4], np.zeros(4, np.float32), rate, BOWL_STEPS, _bowl)
        bowl.append(line(np.arange(np.size(losses)), losses, f"rate {rate:g}"))
        ends.append(np.asarray(end))
    told: list[float] = []
    frames = []
    for frame in range(FRAMES):
        panels = [
            chart(
                "the fit",
                points(x, y, "data", given=True),
                line(x, curve(params, x), "network"),
                across="x",
                up="y",
            )
        ]
        if frame:
            panels.append(
                chart("losses", line(range(len(told)), told), across="step", up="loss", log_up=True)
            )
        else:
            panels.append(chart("a bowl: losses", *bowl, across="step", up="loss", log_up=True))
            panels.append(
                chart("a bowl: the end", points(RATES, ends), across="learning rate", up="parameter")
            )
        frames.append(panels)
        if frame + 1 < FRAMES:
            params, losses = train(params, x, y, 0.12, STEPS, _loss)
            told += [float(value) for value in np.asarray(losses).ravel()]
    return frames


SCENE = Scene(
    "A network of twelve units learns a noisy sine: its curve and the losses so far, and the losses in a bowl at three rates.",
    draw,
    shows=[
        "losses_after_the_steps",
        "gradient_of_the_start",
        "one_step_short",
        "drops_the_result_of_set",
        "two_examples_a_step",
        "decays_the_learning_rate",
        "good_enough",
        "stops_when_converged",
        "stops_when_it_gets_worse",
    ],
    titles=["before", *(f"after {STEPS * frame} steps" for frame in range(1, FRAMES))],
)
