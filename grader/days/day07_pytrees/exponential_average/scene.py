"""Sixty steps of running averages of three signals, all in one tree.

A noisy step shows whether the average lags as it should: with exchanged roles it jumps about with the noise. The second leaf
is bfloat16, where a decay of 0.999 that was rounded is 1, so that the average never moves, and one
that has grown to float32 rises without stairs. The third signal breaks at step 30,
and an average that goes on as if nothing had happened hides it.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, quick

STEPS = 60


def draw(exponential_average: Any) -> list[Any]:
    """The same function, step by step."""
    step = quick(exponential_average)
    noise = np.random.default_rng(7).normal(size=STEPS)
    signal = np.where(np.arange(STEPS) < 20, 0.0, 1.0) + 0.25 * noise
    broken = np.sin(np.arange(STEPS) / 6)
    broken[30] = np.nan
    fast = {"noisy": [jnp.zeros(()), None], "broken": jnp.zeros(())}
    slow = {"half": jnp.ones((), jnp.bfloat16)}
    decay, slow_decay = jnp.float32(0.85), jnp.float32(0.999)
    averages = []
    for k in range(STEPS):
        new = {"noisy": [jnp.float32(signal[k]), None], "broken": jnp.float32(broken[k])}
        fast = step(fast, new, decay)
        slow = step(slow, {"half": jnp.asarray(1000, jnp.bfloat16)}, slow_decay)
        averages.append((fast["noisy"][0], slow["half"], fast["broken"]))
    noisy, half, gap = np.asarray(averages, np.float64).T
    return [
        chart(
            "a noisy step, decay 0.85",
            line(np.arange(STEPS), signal, "signal", given=True),
            line(np.arange(STEPS), noisy, "average"),
            across="step",
            up="value",
        ),
        chart(
            "a thousand again and again in bfloat16, decay 0.999",
            line(np.arange(STEPS), half, "average"),
            across="step",
            up="value",
        ),
        image("the average of a wave with a NaN at step 30", gap, scale="signed"),
    ]


SCENE = Scene(
    "Running averages of three signals over sixty steps: a noisy jump, a constant in half precision, and a wave with a NaN.",
    draw,
    shows=["roles_swapped", "rounds_the_decay", "promotes", "all_in_float32", "nan_to_num"],
)
