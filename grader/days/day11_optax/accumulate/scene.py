"""A parameter that moves once in four gradients: a staircase, for a plain optimiser and for one that remembers and decays.

The gradients of a round differ, so that their mean is none of them, and rounds differ, so that what is left of the last one
shows. The second optimiser counts its steps and pulls parameters to 0. The last gradient of all is not a number.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, bars, chart, quick, steps

ROUND, GRADIENTS = 4, 28


def draw(accumulate: Any) -> list[Any]:
    """The parameter after each gradient, for two optimisers."""
    time = np.arange(GRADIENTS)
    gradients = np.where(time % 8 < 4, 1.0, -0.4) + np.random.default_rng(7).normal(0, 0.5, GRADIENTS)
    gradients[-1] = np.nan
    panels = []
    for title, inner in (
        ("plain steps", optax.sgd(0.5)),
        ("adam with decay", optax.adamw(0.3, weight_decay=0.3)),
    ):
        optimizer = accumulate(inner, ROUND)

        def step(place: Any, state: Any, gradient: Any, optimizer: Any = optimizer) -> Any:
            update, state = optimizer.update(gradient, state, place)
            return place + update, state

        run, place = quick(step), jnp.asarray(2.0)
        state, places = optimizer.init(place), [2.0]
        for gradient in gradients:
            place, state = run(place, state, np.float32(gradient))
            places.append(np.asarray(place).item())
        panels.append(
            chart(
                title,
                bars(time + 1, np.nan_to_num(gradients), "gradients", given=True),
                steps(np.arange(GRADIENTS + 1), places, "parameter"),
                across="gradients so far",
                up="parameter",
            )
        )
    return panels


SCENE = Scene(
    "A parameter that moves once in four gradients, by their mean: with a plain optimiser, and with one that remembers, "
    "counts and decays. The last gradient is not a number.",
    draw,
    shows=[
        "sums",
        "updates",
        "small_steps",
        "one_too_late",
        "mean_of_updates",
        "never_empties",
        "inner_runs_along",
        "skip_nan",
        "python_count",
    ],
)
