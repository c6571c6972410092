"""A curve fitted for more and more epochs by descent with momentum, and the numbers that the loss drew on the way.

The fit begins where it came in for no epoch, moves by one step for one, and gets fast only where momentum lives on. What is
drawn is any draw; but that no two epochs draw the same, with one key or with another, can be seen: only the diagonal is set.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, chart, image, line, points, quick

EPOCHS = (0, 1, 3, 12)
LONGEST = EPOCHS[-1]


def _bumps(x: Any) -> Any:
    return jnp.exp(-18 * (x[:, None] - jnp.linspace(0, 1, 7)) ** 2)


def _draw(key: Any) -> Any:
    """A number between -1 and 1 by the key's own bits: other keys, other numbers."""
    bits = jax.random.key_data(key).ravel()
    return (31 * bits[0] + bits[-1]) % 2**23 / 2**22 - 1


def _loss(params: Any, x: Any, y: Any, key: Any) -> Any:
    """The fit's error. A draw is noted in the gradient of `noted`, at the place of the epoch, and adds nothing."""
    error = jnp.mean((_bumps(x) @ params["w"] - y) ** 2)
    place = jnp.arange(LONGEST) == jnp.round(params["epoch"])
    note = params["noted"] @ jax.lax.stop_gradient(jnp.where(place, _draw(key), 0.0))
    apart = note - params["epoch"]
    return error + apart - jax.lax.stop_gradient(apart)


def _update(gradients: Any, state: Any, params: Any = None) -> Any:
    speed = 0.85 * state - 0.5 * gradients["w"]
    return {"w": speed, "noted": -gradients["noted"], "epoch": -gradients["epoch"]}, speed


OPTIMIZER = optax.GradientTransformation(lambda params: jnp.zeros_like(params["w"]), _update)


def draw(train: Any) -> list[Any]:
    """One frame for each number of epochs, the draws in the last one."""
    x = np.linspace(0, 1, 24, dtype=np.float32)
    y = np.sin(7 * x) + 0.25 * np.random.default_rng(7).normal(size=24).astype(np.float32)
    start = {"w": jnp.zeros(7), "noted": jnp.zeros(LONGEST), "epoch": jnp.zeros(())}
    run = quick(train, static=("optimizer", "loss"))
    ends = []
    for number, seed in [*((n, 7) for n in EPOCHS), (LONGEST, 8)]:
        ends.append(run(jax.random.key(seed), start, x, y, OPTIMIZER, _loss, number))
    fine = np.linspace(0, 1, 50, dtype=np.float32)
    bumps = np.asarray(_bumps(fine))
    fits = (bumps @ np.asarray(end["w"]) for end in ends[:-1])
    before = points(x, y, "data", given=True), line(fine, np.zeros(50), "before", given=True)
    frames: list[list[Any]] = [
        [chart("data and fit", *before, line(fine, fit, "after"), across="x", up="y")] for fit in fits
    ]
    drawn = np.concatenate([np.asarray(end["noted"]) for end in ends[-2:]])
    same = (drawn[:, None] == drawn) & (drawn != 0)
    frames[-1].append(image("epochs that drew the same", same, scale="labels", high=1))
    return frames


SCENE = Scene(
    "A curve through noisy points, after no epoch, one and more. The last frame sets the draws of 12 epochs with one key "
    "and of 12 with another against each other: a cell is set where both are the same number.",
    draw,
    shows=["one_less", "state_anew", "stale_gradient", "at_least_one", "one_key", "keys_by_number"],
    titles=["no epoch", "one epoch", "3 epochs", "12 epochs"],
)
