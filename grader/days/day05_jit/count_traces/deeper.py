"""The deeper look at count_traces."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.count_traces.checks import is_count
from grader.toolkit import Draw, Learner, Named, check


@cache
def classes() -> tuple[tuple[Any, ...], ...]:
    """What jit tells apart, and of some of it two that it does not."""
    return (
        (jnp.zeros(3), jnp.ones(3)),
        (jnp.ones((2, 3)), jnp.zeros((2, 3))),
        (jnp.ones((3, 2)),),
        (jnp.ones(3, jnp.int32), jnp.arange(3)),
        (2.0, 3.5),
        (2, 3),
        (jnp.float32(2.0), np.float32(1.0)),
        ({"a": jnp.ones(3)}, {"a": jnp.zeros(3)}),
        ({"b": jnp.ones(3)},),
        ([jnp.ones(3)],),
        ((jnp.ones(3),),),
    )


def same(argument: Any) -> Any:
    return argument


@check(
    "count_traces",
    "deeper",
    hint="What is new to jit, jit knows best: shapes, dtypes, weak types, the structure of trees. Count how often it runs your "
    "function; keep no book of your own.",
)
def test_count_traces_in_many_cases(learner: Learner, draw: Draw) -> None:
    kinds = [draw.integer(0, len(classes()) - 1) for _ in range(draw.integer(0, 4))]
    calls = [(draw.one_of(*classes()[kind]),) for kind in kinds]
    is_count(learner.count_traces(same, calls), len(set(kinds)))


@check("count_traces", "deeper", hint="Count every trace, however many there are.")
def test_count_traces_counts_on(learner: Learner) -> None:
    calls = [(np.zeros(n, np.float32),) for n in range(1, 41)]
    is_count(learner.count_traces(same, calls + calls), 40)


@check(
    "count_traces",
    "deeper",
    hint="Anything that can be called counts, also what has no __name__, as a functools.partial.",
)
def test_count_traces_takes_any_callable(learner: Learner) -> None:
    function = partial(jnp.add, 1.0)
    calls = [(jnp.zeros(3),), (jnp.ones(3),), (jnp.ones(4),)]
    is_count(learner.count_traces(Named("partial(jnp.add, 1.0)", function), calls), 2)
