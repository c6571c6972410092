"""Steps of the numbers up to 60, and of those that take longer than all below them.

Small numbers show what is counted: 1 itself, and n next to 2 n. The record holders show what ends too soon, or what goes
by floats: the way of 77,031 leads over numbers that a float32 cannot hold.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from grader.scenes import Scene, chart, points, quick

RECORDS = [
    2,
    3,
    6,
    7,
    9,
    18,
    25,
    27,
    54,
    73,
    97,
    129,
    171,
    231,
    313,
    327,
    649,
    703,
    871,
    1161,
    2223,
    2463,
    2919,
]
RECORDS += [3711, 6171, 10971, 13255, 17647, 23529, 26623, 34239, 35655, 52527, 77031]
SMALL = 60


def draw(collatz_steps: Any) -> list[Any]:
    """All numbers in one call."""
    numbers = [*range(1, SMALL + 1), *RECORDS]
    found = quick(jax.vmap(collatz_steps))(jnp.asarray(numbers, jnp.int32))
    return [
        chart("numbers up to 60", points(numbers[:SMALL], found[:SMALL], "steps"), across="n", up="steps"),
        chart(
            "numbers with more steps than any below them",
            points(RECORDS, found[SMALL:], "steps"),
            across="n",
            up="steps",
            log_across=True,
        ),
    ]


SCENE = Scene(
    "How many steps it is to 1: from each small number, and from those that need more than any number below them.",
    draw,
    shows=[
        "counts_numbers",
        "short_cut",
        "steps_before_it_tests",
        "bound_too_low",
        "stops_while_it_should_go_on",
    ],
)
