"""Five small networks through the same points with a gap, before the training and after it.

In the gap and beyond the data they go apart, as other starts make them. The optimiser cuts long gradients and has momentum,
so members that share one, or begin it anew in each epoch, end elsewhere.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, bars, chart, line, points, quick

MEMBERS = 5
EPOCHS = (0, 2, 60)
STARTS = np.random.default_rng(7).normal(size=(3, MEMBERS, 8)).astype(np.float32)
OPTIMIZER = optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.1, momentum=0.8))


def _init(key: Any) -> Any:
    """The start of a member, told by its key: the seed that the key was made of, cut to a number of a member."""
    number = jax.random.key_data(key)[-1] % MEMBERS
    a, b, c = jnp.asarray(STARTS)[:, number]
    return {"a": 4 * a, "b": 2 * b, "c": 0.4 * c}


def _predict(params: Any, x: Any) -> Any:
    return jnp.tanh(x[:, None] * params["a"] + params["b"]) @ params["c"]


def _loss(params: Any, x: Any, y: Any) -> Any:
    return jnp.mean((_predict(params, x) - y) ** 2)


def draw(train_ensemble: Any) -> list[Any]:
    """One frame for each number of epochs: all members' curves, and their losses."""
    x = np.concatenate([np.linspace(-1, -0.4, 10), np.linspace(0.3, 0.7, 7)]).astype(np.float32)
    y = np.sin(4 * x) + 0.1 * np.random.default_rng(7).normal(size=17).astype(np.float32)
    keys = jax.vmap(jax.random.key)(jnp.arange(MEMBERS, dtype=jnp.uint32))
    fine = np.linspace(-1.2, 1.2, 40, dtype=np.float32)
    run = quick(train_ensemble, static=("init", "optimizer", "loss"))
    frames = []
    for number in EPOCHS:
        params, losses = run(keys, _init, x, y, OPTIMIZER, _loss, number)
        a, b, c = (np.asarray(params[name], np.float64) for name in "abc")
        if a.ndim == 1:
            a, b, c = a[None], b[None], c[None]
        curves = np.einsum("mnh,mh->mn", np.tanh(fine[:, None] * a[:, None, :] + b[:, None, :]), c)
        losses = np.asarray(losses)
        frames.append(
            [
                chart(
                    "data and all members",
                    points(x, y, "data", given=True),
                    *(line(fine, curve, f"member {m}") for m, curve in enumerate(curves, 1)),
                    across="x",
                    up="y",
                ),
                chart("losses", bars(range(1, losses.size + 1), losses, "loss"), across="member", up="loss"),
            ]
        )
    return frames


SCENE = Scene(
    "Five networks with other starts learn the same points, which have a gap: their curves and their losses, after no epoch, "
    "two epochs and sixty.",
    draw,
    shows=[
        "one_start",
        "splits",
        "mean_member",
        "losses_before",
        "mean_of_losses",
        "first_losses",
        "state_anew",
        "one_optimiser_for_all",
    ],
    titles=["no epoch", "2 epochs", "60 epochs"],
)
