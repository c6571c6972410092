"""A line fitted to points with momentum, and a single parameter that is pushed, coasts, is kicked hard and ends at a NaN.

The loss is a root of a mean, so that single examples do not add up to it. The parameter shows what becomes of the state:
with momentum it coasts where the slope is 0; without, it stops at once. The kick is a gradient that many would cut off.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, chart, line, points, quick

STEPS, PUSHES = 30, 30


def off(params: Any, batch: Any) -> Any:
    """How far the line is off, as the root of the mean square."""
    return jnp.sqrt(jnp.mean((params["slope"] * batch["x"] + params["height"] - batch["y"]) ** 2))


def push(params: Any, batch: Any) -> Any:
    """A slope that is the batch itself."""
    return params * jnp.sum(batch)


def draw(train_step: Any) -> list[Any]:
    """The losses, the line before and after, and where the parameter is."""
    rng = np.random.default_rng(7)
    x = np.linspace(-1, 1, 24)
    y = 1.5 * x - 0.5 + rng.normal(0, 0.2, 24)
    run = quick(train_step, static=("loss", "optimizer"))
    optimizer = optax.chain(optax.add_decayed_weights(0.01), optax.sgd(0.08, momentum=0.8))
    params: Any = {"slope": jnp.asarray(-2.0), "height": jnp.asarray(2.0)}
    batch = {"x": jnp.asarray(x, jnp.float32), "y": jnp.asarray(y, jnp.float32)}
    state, losses = optimizer.init(params), []
    for _ in range(STEPS):
        params, state, loss = run(params, state, batch, off, optimizer)
        losses.append(np.asarray(loss).item())
    fitted = float(params["slope"]) * x + float(params["height"])
    pushes = np.zeros(PUSHES)
    pushes[:4], pushes[14], pushes[-2] = -1, 400, np.nan
    kicked = optax.sgd(0.01, momentum=0.8)
    place, places = jnp.asarray(0.0), []
    state = kicked.init(place)
    for one in pushes:
        place, state, _ = run(place, state, jnp.asarray([one], jnp.float32), push, kicked)
        places.append(np.asarray(place).item())
    shown = np.sign(places) * np.log1p(100 * np.abs(places))
    return [
        chart(
            "the loss that each step returns",
            line(np.arange(STEPS), losses, "loss"),
            across="step",
            up="loss",
        ),
        chart(
            f"the line after {STEPS} steps",
            points(x, y, "the points", given=True),
            line(x, -2 * x + 2, "the line before", given=True),
            line(x, fitted, "the line after"),
            across="x",
            up="y",
        ),
        chart(
            "a parameter that coasts and is kicked",
            line(np.arange(PUSHES), shown, "parameter"),
            across="step",
            up="parameter, far values drawn together",
        ),
    ]


SCENE = Scene(
    "A line is fitted with momentum: the loss of each step, and the line before and after. Then one parameter that is "
    "pushed, coasts by its momentum, is kicked hard at step 14, and meets a slope that is not a number at step 28.",
    draw,
    shows=[
        "subtracts",
        "loss_afterwards",
        "applies_gradients",
        "old_state",
        "begins_anew",
        "updates_for_parameters",
        "zero_gradient_skipped",
        "clip",
        "skip_nan",
        "one_example_at_a_time",
    ],
)
