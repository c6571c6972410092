"""A plan that moves two humps onto one, and whether its rows and columns sum to what was asked for.

The weights fall to 1e-12 at the ends, on a logarithmic axis: whatever is added to them for safety shows there. With a small
epsilon the plan is a thin line, and the kernel of the textbook underflows.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, chart, image, line

SIZE, STEPS = 32, 60


def draw(sinkhorn: Any) -> list[Any]:
    """The plan for a large epsilon and for a small one, and the sums of the former."""
    places = np.linspace(0, 1, SIZE)
    a = np.exp(-((places - 0.25) ** 2) / 0.01) + 0.6 * np.exp(-((places - 0.6) ** 2) / 0.006)
    b = np.exp(-((places - 0.7) ** 2) / 0.015)
    a, b = np.maximum(a / a.sum(), 1e-12), np.maximum(b / b.sum(), 1e-12)
    cost = (places[:, None] - places) ** 2 + 0.3 * (places[:, None] > places)
    given = [jnp.asarray(one, jnp.float32) for one in (cost, a, b)]
    plan, sharp = (np.asarray(sinkhorn(*given, epsilon, STEPS)) for epsilon in (0.05, 0.0005))
    number = np.arange(1, SIZE + 1)
    return [
        image("the plan: from rows to columns", plan, scale="heat"),
        chart(
            "sums of the rows",
            line(number, a, "asked for", given=True),
            line(number, plan.sum(axis=1), "of the plan"),
            across="row",
            up="weight",
            log_up=True,
        ),
        chart(
            "sums of the columns",
            line(number, b, "asked for", given=True),
            line(number, plan.sum(axis=0), "of the plan"),
            across="column",
            up="weight",
            log_up=True,
        ),
        image("the plan with an epsilon a hundred times smaller", sharp, scale="heat"),
    ]


SCENE = Scene(
    "Two humps are moved onto one: how much goes from each place to each, whether the sums are what was asked for, and the "
    "plan with a much smaller epsilon.",
    draw,
    shows=[
        "kernel",
        "log_of_sum_of_exp",
        "axes_swapped",
        "weights_without_epsilon",
        "epsilon_forgotten",
        "temperature_upside_down",
        "log_eps",
        "log_eps8",
    ],
)
