"""The walk down a long and almost flat valley, its height above the bottom, and a walk whose rate is too large.

The first steps fall into the valley, thousands more follow it to its end: a walk that is cut short, slowed down or led by an
old gradient stops somewhere else. With a rate that is too large it goes off to infinity, unless somebody holds it back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.scenes import Scene, chart, line, points, quick

STEPS = (0, 1, 2, 3, 5, 10, 20, 40, 80, 150, 300, 600, 1000, 2000, 3500)
FEW = range(12)


def _valley(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def draw(minimise: Any) -> list[Any]:
    """The way by the number of steps, the height on it, and the distance of a walk that runs off."""
    walk = quick(minimise, static="function")
    start = np.array([-1.2, 1.6], np.float32)
    found = np.array([np.asarray(walk(_valley, start, 1.5e-3, steps)) for steps in STEPS], np.float64)
    far = np.array([np.asarray(walk(_valley, start, 2.5e-3, steps)) for steps in FEW], np.float64)
    if found.ndim == 2 and found.shape[1] == 2:
        across, up = found.T
        height = np.asarray(_valley(found.T))
        distance = np.abs(far).max(axis=1)
    else:
        across, up, height, distance = found, found, found, far
    bottom = np.linspace(-1.5, 1.3, 40)
    return [
        chart(
            "the way",
            line(bottom, bottom**2, "the bottom of the valley", given=True),
            points([1.0], [1.0], "its lowest point", given=True),
            line(across, up, "the way"),
            points(across, up, "after some steps"),
            across="first number",
            up="second number",
        ),
        chart(
            "the height by the number of steps",
            points(np.array(STEPS) + 1, height, "height"),
            across="steps, and one",
            up="height",
            log_across=True,
            log_up=True,
        ),
        chart(
            "with a rate that is too large",
            points(FEW, np.where(np.isnan(distance), np.inf, distance), "distance"),
            across="steps",
            up="distance from 0",
            log_up=True,
        ),
    ]


SCENE = Scene(
    "The walk down Rosenbrock's valley, after 0 to 3500 steps; how high it is after each number of them; and the distance "
    "that a walk with too large a rate has come, without end at last.",
    draw,
    shows=[
        "uphill",
        "stale_gradient",
        "one_less",
        "at_least_one",
        "decays",
        "value",
        "stops_where_it_rises",
        "keeps_last_finite",
        "a_bound_of_its_own",
    ],
)
