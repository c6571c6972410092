"""Deeper checks of primitive_counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from grader.days.day05_jit.primitive_counts.checks import has_counts
from grader.toolkit import Draw, Learner, check

Function = Callable[[jax.Array], Any]


def in_jit(inner: Function) -> tuple[Function, Counter[str], int]:
    """Each of these gives a function around another one, what it adds to its counts, and how often it holds it."""
    return jax.jit(inner), Counter({"jit": 1}), 1


def in_scan(inner: Function) -> tuple[Function, Counter[str], int]:
    def function(x: jax.Array) -> Any:
        return lax.scan(lambda carry, _: (inner(carry), lax.cos(carry)), x, None, length=7)[0]

    return function, Counter({"scan": 1, "cos": 1}), 1


def in_while(inner: Function) -> tuple[Function, Counter[str], int]:
    def function(x: jax.Array) -> Any:
        return lax.while_loop(lambda y: lax.lt(inner(y), lax.tan(y)), inner, x)

    return function, Counter({"while": 1, "lt": 1, "tan": 1}), 2


def in_cond(inner: Function) -> tuple[Function, Counter[str], int]:
    def function(x: jax.Array) -> Any:
        return lax.cond(lax.lt(x, lax.cos(x)), inner, lambda y: lax.sin(inner(y)), x)

    return function, Counter({"cond": 1, "lt": 1, "cos": 1, "sin": 1}), 2


def in_derivative_rule(inner: Function) -> tuple[Function, Counter[str], int]:
    function = jax.custom_jvp(inner)
    function.defjvp(lambda primals, tangents: (function(*primals), tangents[0]))
    return function, Counter({"custom_jvp_call": 1}), 1


def in_checkpoint(inner: Function) -> tuple[Function, Counter[str], int]:
    return (
        jax.checkpoint(lambda y: lax.tan(inner(y))),
        Counter({"tan": 1}),
        1,
    )  # its primitive has had several names


def twice(inner: Function) -> tuple[Function, Counter[str], int]:
    return lambda x: lax.mul(inner(x), inner(lax.cos(x))), Counter({"mul": 1, "cos": 1}), 2


AROUND = (in_jit, in_scan, in_while, in_cond, in_derivative_rule, in_checkpoint, twice)
NAMES = ("sin", "cos", "tan", "mul", "lt", "jit", "scan", "while", "cond", "custom_jvp_call")


def nested(
    layers: Sequence[Callable[[Function], tuple[Function, Counter[str], int]]],
) -> tuple[Function, Counter[str]]:
    """A function within these layers, the innermost first, and its counts, which come by adding up alone."""
    function: Function = lax.sin
    counts: Counter[str] = Counter({"sin": 1})
    for layer in layers:
        function, added, holds = layer(function)
        counts = added + Counter({name: holds * count for name, count in counts.items()})
    return function, counts


@check(
    "primitive_counts",
    "deeper",
    hint="Whatever holds a program is to be looked into, at any depth; what stands in two places counts twice.",
)
def test_primitive_counts_in_many_cases(learner: Learner, draw: Draw) -> None:
    layers = [draw.one_of(*AROUND) for _ in range(draw.integer(0, 4))]
    function, counts = nested(layers)
    x = jnp.float32(1.0)
    has_counts(learner.primitive_counts(function, x), {name: counts[name] for name in NAMES})


@check("primitive_counts", "deeper", hint="Count as far as there is something to count.")
def test_primitive_counts_counts_on(learner: Learner) -> None:
    def long(x: jax.Array) -> jax.Array:
        for _ in range(300):
            x = lax.sin(x)
        return x

    has_counts(learner.primitive_counts(long, jnp.float32(1.0)), {"sin": 300, "cos": 0})
