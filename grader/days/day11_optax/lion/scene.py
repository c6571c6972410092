"""The sign of each update, for gradients that swing at different speeds, and the way to the bottom of a bowl.

Each row has a gradient of its own: swinging quicker and quicker, once a push and then nothing, always nothing, tiny. When
the sign turns depends on both numbers, 0.9 and 0.99, and on which of them is used for what. The parameters are not 0, so
that decay, or a momentum that begins with them, shows.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line, points, quick

STEPS, ROWS = 48, 12


def draw(lion: Any) -> list[Any]:
    """The updates over the rate, given the gradients; and the way through a bowl."""
    time = np.arange(STEPS)
    waves = [np.sin(2 * np.pi * time / period + 0.3) + 0.1 for period in (60, 40, 28, 20, 14, 10, 7, 5, 3)]
    once = np.where(time == 3, 1.0, np.where(time > 15, -0.02, 0.0))
    gradients = np.stack([*waves, once, np.zeros(STEPS), 1e-20 * waves[3]]).astype(np.float32)
    params = {"rows": jnp.asarray(np.linspace(-200, 200, ROWS), jnp.float32)}
    optimizer = lion(0.1)
    step = quick(lambda gradients, state, params: optimizer.update(gradients, state, params))
    state, updates = optimizer.init(params), []
    for k in range(STEPS):
        moved, state = step({"rows": gradients[:, k]}, state, params)
        updates.append(np.asarray(moved["rows"]) / 0.1)
    place = {"rows": jnp.asarray(np.resize([3.0, 2.0], ROWS), jnp.float32)}
    bowl, state, way = np.resize([1.0, 0.15], ROWS).astype(np.float32), optimizer.init(place), [(3.0, 2.0)]
    for _ in range(STEPS):
        moved, state = step({"rows": bowl * np.asarray(place["rows"])}, state, place)
        place = {"rows": place["rows"] + moved["rows"]}
        way.append(tuple(np.asarray(place["rows"])[:2].tolist()))
    return [
        image("the gradients: a step a column", np.clip(gradients, -1.25, 1.25), scale="signed", given=True),
        image("the updates over the learning rate", np.array(updates).T, scale="signed", low=-1, high=1),
        chart(
            "into a bowl that is steeper across",
            points([0], [0], "the bottom", given=True),
            line([x for x, _ in way], [y for _, y in way], "the way"),
            across="first number",
            up="second number",
            equal=True,
        ),
    ]


SCENE = Scene(
    "Twelve numbers, each with a gradient of its own, a step a column: the updates are one step up, one down, or nothing "
    "where nothing ever pulled; the last row's gradient is tiny. Then the way into a bowl.",
    draw,
    shows=[
        "uphill",
        "divides",
        "swapped",
        "new_momentum",
        "keeps_c",
        "old_momentum_back",
        "soft12",
        "starts_from_the_parameters",
        "decays",
    ],
)
