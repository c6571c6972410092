"""Checks of activate."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    Shown,
    agrees_once,
    check,
    compiled_if_possible,
    float16,
    hint_when,
    raised,
    wide,
)


def activation_oracle(x: Any, name_index: int) -> Array:
    values = wide(x)
    table = (values, np.maximum(values, 0), np.tanh(values), np.logaddexp(values, 0))
    return np.asarray(table[min(max(name_index, 0), 3)])


@check("activate", "correct", hint="Number 1 is relu: what is below 0 becomes 0.")
def test_activate_by_hand(learner: Learner) -> None:
    learner.activate(jnp.array([-1.0, 2.0]), 1).equals([0.0, 2.0])


@check(
    "activate",
    "correct",
    hint="0 identity, 1 relu, 2 tanh, 3 softplus. e¹⁰⁰ is infinite in float32: jax.nn.softplus knows how to avoid it.",
)
def test_activate_applies_each(learner: Learner, numbers: Numbers) -> None:
    # Where softplus is nearly flat or nearly straight, and is neither.
    bends = [-12.0, -10.5, 9.0, 11.0]
    x = jnp.asarray(np.array([*np.asarray(numbers.normal(3, 2.0)), *bends, 100.0, -100.0], np.float32))
    for index in range(4):
        learner.activate(x, jnp.int32(index)).close_to(activation_oracle(x, index), rtol=5e-7)


@check(
    "activate",
    "correct",
    hint="Numbers outside 0 .. 3 are clamped to the nearest, as lax.switch does by itself.",
)
def test_activate_clamps_the_number(learner: Learner) -> None:
    x = jnp.array([-1.0, 2.0])
    for index in (-1, 4):
        learner.activate(x, index).close_to(activation_oracle(x, index))
    for index in (9, 2**31 - 1, -(2**31)):
        result = compiled_if_possible(learner.activate, x, jnp.int32(index))
        result.close_to(activation_oracle(x, index))


@check(
    "activate",
    "correct",
    hint="All branches return x's shape and dtype; convert where one does not.",
)
def test_activate_keeps_shape_and_dtype(learner: Learner, numbers: Numbers) -> None:
    x = float16(numbers.normal((2, 3)))
    for index in range(4):
        expected = activation_oracle(x, index).astype(np.float16)
        narrow = (
            "x is a float16 here, and the branches differ: is one of them a float32? Each returns what it is given, x.dtype and "
            "x's shape."
        )
        with hint_when(raised("TypeError", text="branch|cond"), narrow):
            result = compiled_if_possible(learner.activate, Shown("f16[2,3]", x), jnp.int32(index))
        result.close_to(expected, rtol=2e-3, atol=1e-3)


@check(
    "activate",
    "correct",
    hint="Under vmap every row may have a number of its own, and it is traced: no Python branch, no Python list.",
)
def test_activate_lifts_over_numbers(learner: Learner, numbers: Numbers) -> None:
    x, indices = numbers.normal((6, 3)), jnp.array([3, 0, 2, 1, 7, 2])
    expected = np.stack([activation_oracle(row, int(k)) for row, k in zip(x, indices, strict=True)])
    learner.activate.vmap().jit()(x, indices).close_to(expected)


@check(
    "activate", "jit", hint="A traced number cannot index a Python list; lax.switch chooses on the device."
)
def test_activate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(7), jnp.int32(index)) for index in (2, 0, 3)]
    agrees_once(learner.activate.jit(), calls, lambda x, index: activation_oracle(x, int(index)))


@check(
    "activate",
    "jit",
    hint="where, select and indexing a stack compute all four and throw three away. lax.switch runs one.",
)
def test_activate_runs_one_function(learner: Learner, numbers: Numbers) -> None:
    handle, call = learner.activate.jit(), (numbers.normal(7), jnp.int32(2))
    primitives = handle.program(*call).primitives
    complaint = "computes more than the function that is chosen"
    expected = "a branch in its program (cond, which is what switch becomes)"
    handle(*call).require(primitives["cond"], complaint, expected=expected, got=", ".join(sorted(primitives)))


# What tanh and softplus may be made of: whatever is written, one of these is in it.
CURVED = {"tanh", "logistic", "exp", "exp2", "expm1", "log", "log1p", "erf", "sinh", "cosh"}


@check(
    "activate",
    "jit",
    hint="What stands before the switch is computed in any case, and so are results that it merely picks from. Hand it functions"
    " of x, each of which computes its own result.",
)
def test_activate_computes_within_the_branches(learner: Learner, numbers: Numbers) -> None:
    handle, call = learner.activate.jit(), (numbers.normal(7), jnp.int32(2))
    program = handle.program(*call)
    outside = sorted(CURVED & set(program.always))
    result = handle(*call)
    result.require(
        not outside,
        "computes more than the function that is chosen",
        expected="tanh and softplus within branches alone",
        got=f"outside of any branch: {', '.join(outside)}",
    )
    for branch in program.branches:
        both = branch["tanh"] and (branch["log1p"] or branch["log"])
        result.require(
            not both,
            "computes more than the function that is chosen",
            expected="tanh in one branch, softplus in another",
            got=f"one branch with {', '.join(sorted(CURVED & set(branch)))}",
            hint="A branch that computes two functions and selects throws one away. lax.switch takes four functions.",
        )
    # One cond of four branches, or three of two, whether one within the other or in a row.
    told_apart = len(program.branches) - program.primitives["cond"] + 1
    result.require(
        told_apart >= 4,
        "computes more than the function that is chosen",
        expected="a branch for each of the four functions",
        got=f"branches for {told_apart} of them",
        hint="A branch that computes two functions and selects throws one away. lax.switch takes four functions.",
    )
