"""A parameter that rolls down with momentum while its rate is changed; what the state holds; and going back to a kept state.

Momentum makes it visible when more than the rate is set, or when the state begins anew. In between the rate is infinite and
not a number, without a step: whoever makes the new rate from the old one never gets out of that. The kept state should know
nothing of the changes.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.scenes import Scene, chart, line, points, quick

STEPS = 45
RATES = (0.3, 1.0, float("inf"), 0.02, float("nan"), 0.1, 2, 0.0, 0.5)


def draw(set_learning_rate: Any) -> list[Any]:
    """The rates in the state after each change, the way with two changes, and the way on from the state before them."""
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=0.02, momentum=0.8)

    def step(place: Any, state: Any) -> Any:
        update, state = optimizer.update(place, state)
        return place + update, state

    run, place = quick(step), jnp.asarray(10.0)
    first = state = optimizer.init(place)
    held, others = [], []
    for rate in RATES:
        state = set_learning_rate(state, rate)
        held.append(np.asarray(state.hyperparams["learning_rate"]).item())
        others.append(np.asarray(state.hyperparams["momentum"]).item())
    state, places, kept = first, [10.0], first
    for k in range(STEPS):
        if k in (8, 22):
            kept = state if k == 8 else kept
            state = set_learning_rate(state, {8: 0.2, 22: 0.002}[k])
        place, state = run(place, state)
        places.append(np.asarray(place).item())
    place, back = jnp.asarray(places[8]), [places[8]]
    for _ in range(STEPS - 8):
        place, kept = run(place, kept)
        back.append(np.asarray(place).item())
    number = np.arange(1, len(RATES) + 1)
    return [
        chart(
            "what the state holds after each change",
            points(number, held, "the rate in the state"),
            line(number, others, "the momentum in the state"),
            across="change",
            up="number",
        ),
        chart(
            "rolling down while the rate changes",
            line(np.arange(STEPS + 1), places, "parameter"),
            across="step",
            up="parameter",
        ),
        chart(
            "rolling on from the kept state",
            line(np.arange(8, STEPS + 1), back, "parameter"),
            across="step",
            up="parameter",
        ),
    ]


SCENE = Scene(
    "The rate in the state after each of nine changes, some of them to infinity or to what is not a number; a parameter that "
    "rolls down with momentum while its rate changes at steps 8 and 22; and how it rolls on from the state before step 8.",
    draw,
    shows=[
        "in_place",
        "result_dropped",
        "all_of_them",
        "begins_anew",
        "add",
        "times_zero",
    ],
)
