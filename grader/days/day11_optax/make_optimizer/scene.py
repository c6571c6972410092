"""Updates under gradients that are waves, with one that is a thousand times too large; and parameters that only decay.

The huge gradient hits one of two leaves. Cut down together with the other one, it leaves a dent in both and is gone; who
clips late or not at all stands still for a long time, who clips leaf by leaf leaves no dent in the other leaf. The learning
rate is a schedule that falls to a half after two thirds.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, quick

STEPS, HIT = 36, 8


def draw(make_optimizer: Any) -> list[Any]:
    """The updates of both leaves, and the parameters of a third one whose gradient is 0."""
    time = np.arange(STEPS)
    gradients = {
        "calm": 1 + 0.8 * np.sin(time / 3),
        "hit": np.where(time == HIT, 2000.0, np.cos(time / 5)),
        "still": np.zeros(STEPS),
    }
    params = {name: jnp.asarray([3.0 * (name == "still")]) for name in gradients}
    optimizer = make_optimizer(lambda count: jnp.where(count < 24, 0.1, 0.05), 0.5, 4.0)

    def step(params: Any, state: Any, now: Any) -> Any:
        updates, state = optimizer.update(now, state, params)
        return jax.tree.map(jnp.add, params, updates), state, updates

    run, state = quick(step), optimizer.init(params)
    updates: dict[str, list[Any]] = {name: [] for name in gradients}
    held = []
    for k in range(STEPS):
        now = {name: np.asarray(values[k : k + 1], np.float32) for name, values in gradients.items()}
        params, state, moved = run(params, state, now)
        for name, values in updates.items():
            values.append(np.asarray(moved[name]).item())
        held.append(np.asarray(params["still"]).item())
    return [
        chart(
            "a leaf that nothing happens to",
            line(time, -0.02 * gradients["calm"], "its gradient, turned and made small", given=True),
            line(time, updates["calm"], "its update"),
            across="step",
            up="update",
        ),
        chart(
            f"a leaf whose gradient is 2000 at step {HIT}",
            line(
                np.delete(time, HIT),
                -0.02 * np.delete(gradients["hit"], HIT),
                "its gradient elsewhere, turned and made small",
                given=True,
            ),
            line(time, updates["hit"], "its update"),
            across="step",
            up="update",
        ),
        chart(
            "a leaf whose gradient is 0",
            line(time + 1, held, "the parameter, which begins at 3"),
            across="step",
            up="parameter",
        ),
    ]


SCENE = Scene(
    "Updates under gradients that are waves, one of them hit by a huge gradient once, and a parameter that nothing but decay "
    "pulls at. The schedule halves the learning rate at step 24.",
    draw,
    shows=[
        "l2",
        "decays_last",
        "no_decay",
        "clips_last",
        "clips_between",
        "no_clip",
        "clips_numbers",
        "clips_leaves",
        "normalizes",
        "shorter_memory",
    ],
)
