"""A curve before and after the training, its losses, and the numbers that the loss drew.

The loss adds a draw of its own, which its gradient notes: taken off again, it leaves a smooth history where loss and gradient
come from one draw, and a ragged one where they do not. That no two epochs drew the same can be seen whatever was drawn.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, chart, image, line, points, quick

EPOCHS = 16


def _bumps(x: Any) -> Any:
    return jnp.exp(-18 * (x[:, None] - jnp.linspace(0, 1, 7)) ** 2)


def _draw(key: Any) -> Any:
    """A number between -1 and 1 by the key's own bits: other keys, other numbers."""
    bits = jax.random.key_data(key).ravel()
    return (31 * bits[0] + bits[-1]) % 2**23 / 2**22 - 1


def _loss(params: Any, x: Any, y: Any, key: Any) -> Any:
    """The fit's error and a draw. The draw is noted in the gradient of `noted`, at the place of the epoch."""
    error = jnp.mean((_bumps(x) @ params["w"] - y) ** 2)
    drawn = 2 * _draw(key)
    place = jnp.arange(EPOCHS) == jnp.round(params["epoch"])
    note = params["noted"] @ jax.lax.stop_gradient(jnp.where(place, drawn, 0.0)) - params["epoch"]
    return error + drawn + note - jax.lax.stop_gradient(note)


def _update(gradients: Any, state: Any, params: Any = None) -> Any:
    speed = 0.85 * state - 0.5 * gradients["w"]
    return {"w": speed, "noted": -gradients["noted"], "epoch": -gradients["epoch"]}, speed


OPTIMIZER = optax.GradientTransformation(lambda params: jnp.zeros_like(params["w"]), _update)


def draw(train_with_history: Any) -> list[Any]:
    """The fit, the history and the draws of two runs with two keys."""
    x = np.linspace(0, 1, 24, dtype=np.float32)
    y = np.sin(7 * x) + 0.25 * np.random.default_rng(7).normal(size=24).astype(np.float32)
    start = {"w": jnp.zeros(7), "noted": jnp.zeros(EPOCHS), "epoch": jnp.zeros(())}
    run = quick(train_with_history, static=("optimizer", "loss", "n_epochs"))
    ends, histories = zip(
        *(run(jax.random.key(seed), start, x, y, OPTIMIZER, _loss, EPOCHS) for seed in (7, 8)), strict=True
    )
    drawn = [np.asarray(end["noted"]) for end in ends]
    losses = np.array(histories[0], np.float64)
    if losses.ndim == 1:
        losses -= np.resize(-drawn[0], losses.size)
    both = np.concatenate(drawn)
    fine = np.linspace(0, 1, 50, dtype=np.float32)
    after = np.asarray(_bumps(fine)) @ np.asarray(ends[0]["w"])
    return [
        chart(
            "data and fit",
            points(x, y, "data", given=True),
            line(fine, np.zeros(50), "before", given=True),
            line(fine, after, "after"),
            across="x",
            up="y",
        ),
        chart(
            "losses, with what they drew taken off",
            line(range(losses.size), losses, "loss"),
            across="epoch",
            up="loss",
        ),
        image(
            "epochs that drew the same",
            (both[:, None] == both) & (both != 0),
            scale="labels",
            high=1,
        ),
    ]


SCENE = Scene(
    "A curve through noisy points before and after 16 epochs; the losses on the way, each less the number that it drew and "
    "added; and which of the draws of 16 epochs with one key and 16 with another are the same.",
    draw,
    shows=[
        "state_anew",
        "after_the_step",
        "backwards",
        "running_least",
        "one_more",
        "one_key",
        "keys_by_number",
        "loss_with_another_key",
        "eight_keys",
    ],
)
