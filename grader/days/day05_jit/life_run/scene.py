"""Two simulations after more and more steps: a glider on a board without edges, and an empty board that counts.

The glider is back where it was after 60 steps, so that its place tells how many were taken; its rule adds up neighbours in the
dtype that it is given, and goes wrong where that is boolean. The counting board holds nothing but zeros at the start: who
stops when all is dead stays there. Numbers of steps that are too large for somebody's counter or limit come last.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image, quick

STEPS = 0, 1, 2, 3, 4, 21, 302, 1003


@jax.jit
def _rule(board: Any) -> Any:
    turned = [
        jnp.roll(board, (down, across), (0, 1))
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
        if down or across
    ]
    neighbours = functools.reduce(operator.add, turned)
    return (neighbours == 3) | ((board == 1) & (neighbours == 2))


@jax.jit
def _count_on(board: Any) -> Any:
    return (board + 1) % 5


def draw(life_run: Any) -> list[Any]:
    """Both boards after each number of steps."""
    start = np.zeros((15, 15), np.int32)
    start[[4, 5, 6, 6, 6], [5, 6, 4, 5, 6]] = 1
    run = quick(life_run, static="step")
    glider, empty = jnp.asarray(start), jnp.zeros((5, 5), jnp.int32)
    return [
        [
            image("a glider", run(glider, n, _rule), scale="labels", high=1),
            image("each cell counts from 0 to 4", run(empty, n, _count_on), scale="labels", high=4),
        ]
        for n in STEPS
    ]


SCENE = Scene(
    "A glider on a board without edges, and a board whose cells count from 0 to 4 and begin anew, after n steps.",
    draw,
    shows=[
        "one_step_short",
        "always_from_the_start",
        "first_step_outside",
        "until_all_is_dead",
        "booleans_inside",
        "at_most_300",
        "at_most_1000",
        "eight_bits",
    ],
    titles=[f"{n} steps" for n in STEPS],
)
