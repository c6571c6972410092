"""Checks of count_traces."""

from __future__ import annotations

import ast
import gc
import operator
import weakref
from typing import Any, cast

import jax
import jax.numpy as jnp

from grader.days.day05_jit.shared import Spy
from grader.toolkit import Called, Kind, Learner, check, hint_when, raised


def double(x: jax.Array) -> jax.Array:
    return x + x


def scaled(x: jax.Array, factor: Any) -> Any:
    return x * factor


def add_leaves(tree: dict[str, jax.Array]) -> jax.Array:
    return sum(tree.values(), start=jnp.zeros(3))


def is_count(result: Called, expected: int) -> None:
    result.require(
        type(result.value) is int,
        "returned the wrong kind of thing",
        expected="a Python int",
        got=f"{type(result.value).__name__}",
        hint="Count with a plain Python number, and return that.",
        kind=Kind.THING,
    )
    result.require(
        result.value == expected, "is wrong", expected=str(expected), got=result.value, kind=Kind.VALUE
    )


@check(
    "count_traces",
    "correct",
    hint="Put a function of your own under jit: it adds 1 to a counter, then calls the given one. Python runs it once "
    "for each new shape. Do so once, before the loop: what is put under jit anew has seen no shape yet.",
)
def test_count_traces_by_hand(learner: Learner) -> None:
    zeros, ones, longer = jnp.zeros(3), jnp.ones(3), jnp.ones(4)
    on_the_device = (
        "Is the counter an array? Adding to it is an operation of the program, and gives a tracer. Count with a plain Python "
        "number: Python itself runs once a trace."
    )
    with hint_when(raised("UnexpectedTracerError"), on_the_device):
        result = learner.count_traces(double, [(zeros,), (ones,), (longer,), (zeros,)])
    is_count(result, 2)


@check(
    "count_traces",
    "correct",
    hint="No calls, no traces: 0. What counts begins anew with each call of count_traces: no global, "
    "no cache of JAX's.",
)
def test_count_traces_takes_no_calls(learner: Learner) -> None:
    is_count(learner.count_traces(double, []), 0)


@check(
    "count_traces",
    "correct",
    hint="Let jit itself decide. It tells a Python number (weakly typed) from an array of the same dtype, and int from "
    "float; it does not tell 2.0 from 3.0.",
)
def test_count_traces_tells_numbers_from_arrays(learner: Learner) -> None:
    x = jnp.ones(3)
    one_by_one = (
        "A call is a tuple of arguments, here of two: hand them over one by one, function(*arguments)."
    )
    with hint_when(raised("TypeError", text="positional argument"), one_by_one):
        result = learner.count_traces(scaled, [(x, 2.0), (x, 3.0), (x, jnp.float32(2.0)), (x, 2)])
    is_count(result, 3)


@check(
    "count_traces", "correct", hint="An argument may be a tree; jit looks at its structure and at its leaves."
)
def test_count_traces_takes_trees(learner: Learner) -> None:
    x = jnp.ones(3)
    is_count(learner.count_traces(add_leaves, [({"a": x},), ({"a": x, "b": x},), ({"a": x},)]), 2)


@check(
    "count_traces",
    "correct",
    hint="jit knows functions by identity: put one that is made anew in each call of count_traces under it, and it "
    "knows nothing yet.",
)
def test_count_traces_starts_from_nothing(learner: Learner) -> None:
    x = jnp.ones(3)
    jax.jit(double)(x)
    for _ in range(2):
        is_count(learner.count_traces(double, [(x,), (x,)]), 1)


@check("count_traces", "jit", hint="Count in a function of your own: its body runs once for each trace.")
def test_count_traces_counts_for_itself(learner: Learner) -> None:
    nodes = list(ast.walk(learner.file.tree))
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    Called("count_traces", None).require(
        "_cache_size" not in names,
        "uses what its rules leave out",
        expected="traces that it counts itself",
        got="_cache_size",
    )


@check(
    "count_traces", "jit", hint="Call the function from within your own function under jit, and nowhere else."
)
def test_count_traces_runs_under_jit_alone(learner: Learner) -> None:
    spy, x = Spy(), jnp.ones(3)
    result = learner.count_traces(spy, [(x,), (x,)])
    before, result = spy.runs, learner.count_traces(spy, [(x,), (x,)])
    result.require(
        not spy.saw_numbers,
        "runs the function outside jit",
        expected="calls with tracers alone",
        got="a call with an array of numbers",
    )
    runs = spy.runs - before
    result.require(
        runs == result.value == 1,
        "is not how often the function was traced",
        expected="1, after one trace",
        got=f"{result.value}, after {runs} traces",
    )


@check(
    "count_traces",
    "jit",
    hint="Keep the count in a variable of count_traces (nonlocal, or a list); the function that is given is not yours.",
)
def test_count_traces_leaves_the_function_alone(learner: Learner) -> None:
    def halve(x: Any) -> Any:
        return x / 2

    x = jnp.ones(3)
    result, added = learner.count_traces(halve, [(x,), (x,)]), ", ".join(vars(halve))
    complaint = "changes the function that it is given"
    result.require(not added, complaint, expected="no new attributes", got=added)
    # Many functions take none: this one is written in C.
    is_count(learner.count_traces(operator.neg, [(x,), (x,), (1.0,)]), 2)


@check(
    "count_traces",
    "jit",
    hint="What you keep of a trace must go when count_traces returns: keep it in a list of its own call, and in none of "
    "the module.",
)
def test_count_traces_lets_traces_go(learner: Learner) -> None:
    traces: list[weakref.ref[Any]] = []

    def noted(x: jax.Array) -> jax.Array:
        traces.append(weakref.ref(cast(Any, x)._trace))
        return x + x

    result = learner.count_traces(noted, [(jnp.ones(3),), (jnp.ones(4),)])
    gc.collect()
    result.require(
        not any(trace() is not None for trace in traces),
        "leaves something of a trace behind",
        expected="nothing that outlives the call",
        got="a tracer that is still held",
    )
