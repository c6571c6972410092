"""The first step of seven leaves of all kinds, the steps that follow, and rates that are 0 or tiny.

Leaves have zero to three axes, some of length 1, and names that do not fit. The first step of Adam is the rate itself; the
later ones, under gradients that change, tell Adam from the plain gradient and from its sign.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, line, points, quick

LEAVES = {"a": (3, 2), "b": (1, 5), "c": (2, 2, 2), "d": (1, 1), "e": (4,), "f": (1,), "w": ()}
LISTED = ", ".join(
    f"{k} {shape}" + " named w" * (name == "w") for k, (name, shape) in enumerate(LEAVES.items(), 1)
)
STEPS = 24


def draw(group_rates: Any) -> list[Any]:
    """The size of the first update of each leaf for three pairs of rates, and the updates of two leaves over time."""
    params = {name: jnp.ones(shape) for name, shape in LEAVES.items()}

    def first(params: Any, gradients: Any, weight_rate: Any, bias_rate: Any) -> Any:
        optimizer = group_rates(params, weight_rate, bias_rate)
        updates = optimizer.update(gradients, optimizer.init(params), params)[0]
        return [jnp.mean(jnp.abs(updates[name])) for name in LEAVES]

    run, number = quick(first), np.arange(1, len(LEAVES) + 1)
    sizes = [
        np.array([np.asarray(one) for one in run(params, params, *rates)]).astype(np.float64)
        for rates in ((0.5, 0.2), (0.0, 0.2), (0.5, 1e-6))
    ]
    small = {"a": jnp.ones((2, 2)), "e": jnp.ones(2)}
    optimizer = group_rates(small, 0.5, 0.2)
    step = quick(lambda gradients, state, params: optimizer.update(gradients, state, params))
    state, ways = optimizer.init(small), []
    wave = 0.4 + np.cos(np.arange(STEPS) / 3)
    for gradient in wave:
        updates, state = step(
            {"a": np.full((2, 2), gradient, np.float32), "e": np.full(2, 1e-7 * gradient, np.float32)},
            state,
            small,
        )
        ways.append([np.mean(np.asarray(updates[name])) for name in small])
    weights, biases = np.array(ways).T
    time = np.arange(1, STEPS + 1)
    return [
        chart(
            "the first step, 0.5 for weights, 0.2 for biases",
            points(number, sizes[0], "size of the update"),
            across="leaf",
            up="size",
        ),
        chart(
            "the first step, 0 for weights",
            points(number, sizes[1], "size of the update"),
            across="leaf",
            up="size",
        ),
        chart(
            "the first step, a millionth for biases",
            points(number, sizes[2], "size of the update"),
            across="leaf",
            up="size",
            log_up=True,
        ),
        chart(
            "later steps, under a gradient that swings",
            line(time, -0.5 * wave, "the gradient, turned and halved", given=True),
            line(time, weights, "update of weights"),
            line(time, biases, "update of biases, with a gradient of a ten-millionth of that"),
            across="step",
            up="update",
        ),
    ]


SCENE = Scene(
    f"How far the first step takes leaves of these shapes: {LISTED}; for several pairs of rates, and the updates "
    "that follow while the gradient swings.",
    draw,
    shows=[
        "swapped",
        "chained",
        "sgd",
        "biases_masked_only",
        "by_name",
        "matrices_only",
        "vectors_only",
        "sign_only",
        "by_ratio",
        "squeeze",
        "least_rate",
        "eps",
    ],
)
