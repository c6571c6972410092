"""Deeper checks of count_traces."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.count_traces.checks import is_count
from grader.toolkit import Draw, Learner, check


def first(*arguments: Any) -> Any:
    return jax.tree.leaves(arguments)[:1]


ZEROS = np.zeros(3, np.float32)

# What jit holds for different, each under a number of its own; the same number, the same program.
KINDS: tuple[tuple[int, tuple[Any, ...]], ...] = (
    (0, (ZEROS,)),
    (0, (np.ones(3, np.float32),)),
    (1, (np.zeros((3, 1), np.float32),)),
    (2, (np.zeros(3, np.int32),)),
    (3, (np.zeros(3, np.float16),)),
    (4, (2.0,)),
    (4, (-1.5,)),
    (5, (2,)),
    (6, (True,)),
    (7, (np.float32(2.0),)),
    (8, ()),
    (9, (None, ZEROS)),
    (10, (ZEROS, None)),
    (11, ([ZEROS],)),
    (12, ((ZEROS,),)),
    (13, ({"a": ZEROS},)),
    (14, ({"b": ZEROS},)),
)


@check(
    "count_traces",
    "deeper",
    hint="Let jit itself decide what is new to it: put a counting function under it.",
)
def test_count_traces_knows_what_jit_tells_apart(learner: Learner, draw: Draw) -> None:
    calls = [draw.one_of(*KINDS) for _ in range(draw.integer(2, 6))]
    is_count(
        learner.count_traces(first, [arguments for _, arguments in calls]), len({kind for kind, _ in calls})
    )


@check("count_traces", "deeper", hint="Count every trace, however many there are.")
def test_count_traces_counts_on(learner: Learner) -> None:
    calls = [(np.zeros(n, np.float32),) for n in range(1, 41)]
    is_count(learner.count_traces(first, calls + calls), 40)


@check(
    "count_traces", "deeper", hint="One count may run while another does: keep each in a variable of its own."
)
def test_count_traces_counts_within_a_count(learner: Learner) -> None:
    inner: list[Any] = []

    def counting(x: jax.Array) -> jax.Array:
        inner.append(learner.count_traces.function(first, [(np.zeros(2),), (np.zeros(3),), (np.zeros(4),)]))
        return x

    is_count(learner.count_traces(counting, [(jnp.zeros(3),), (jnp.zeros(4),)]), 2)
