"""Checks of linear_recurrence."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import stays_a_loop
from grader.toolkit import (
    Array,
    Called,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    largest_value_at_most,
    wide,
)


def recurrence_oracle(a: Any, b: Any) -> Array:
    coefficients, terms = wide(a), wide(b)
    h, states = np.zeros(terms.shape[1:]), []
    for coefficient, term in zip(coefficients, terms, strict=True):
        h = coefficient * h + term
        states.append(h)
    return np.stack(states)


# A parallel scan sums the same products in another order, and their signs differ: roundings are those of the terms.
RECURRENCE_RTOL, RECURRENCE_ATOL = 1e-4, 1e-4


def recurrence(numbers: Numbers, length: int) -> tuple[jax.Array, jax.Array]:
    return numbers.uniform(-1.2, 1.2, (length, 2)), numbers.normal((length, 2))


@check(
    "linear_recurrence",
    "correct",
    hint="From h₀ = 0, and with terms of 0, all states are 0. associative_scan gives pairs, as it got them: the products of"
    " the coefficients, and the states. The states are the second.",
)
def test_linear_recurrence_without_terms(learner: Learner) -> None:
    a, b = jnp.array([2.0, 4.0, 0.5]), jnp.zeros(3)
    compiled_if_possible(learner.linear_recurrence, a, b).equals([0.0, 0.0, 0.0])


@check(
    "linear_recurrence",
    "correct",
    hint="h₀ = 0, so the first state is b₁. Which step comes first matters: a₂ (a₁ h + b₁) + b₂.",
)
def test_linear_recurrence_by_hand(learner: Learner) -> None:
    a, b = jnp.array([2.0, 4.0, 0.5]), jnp.array([1.0, 1.0, 5.0])
    compiled_if_possible(learner.linear_recurrence, a, b).equals([1.0, 5.0, 7.5])


@check(
    "linear_recurrence",
    "correct",
    hint="Coefficients may be 0, and then their product is: do not divide by it. Join two steps to one instead.",
)
def test_linear_recurrence_takes_a_zero(learner: Learner) -> None:
    a, b = jnp.array([2.0, 3.0, 0.0]), jnp.array([1.0, 1.0, 5.0])
    compiled_if_possible(learner.linear_recurrence, a, b).equals([1.0, 4.0, 5.0])


@check(
    "linear_recurrence",
    "correct",
    hint="Two steps in a row are one step: h → a₂ a₁ h + (a₂ b₁ + b₂). That operation must be associative.",
)
def test_linear_recurrence_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    call = recurrence(numbers, 33)
    # Compiled: eagerly, each of the many small steps is a program of its own.
    learner.linear_recurrence.jit()(*call).close_to(
        recurrence_oracle(*call), rtol=RECURRENCE_RTOL, atol=RECURRENCE_ATOL
    )


@check(
    "linear_recurrence",
    "correct",
    hint="Dividing by a product of coefficients fails where one is 0, or the product leaves the range of float32.",
)
def test_linear_recurrence_takes_zeros_and_small_coefficients(learner: Learner, numbers: Numbers) -> None:
    b = numbers.normal((33, 2))
    forgetful = np.array(numbers.uniform(-1.0, 1.0, (33, 2)))
    forgetful[2::5] = 0
    for a in (jnp.asarray(forgetful), jnp.asarray(np.full((33, 2), 1e-3, np.float32))):
        learner.linear_recurrence.jit()(a, b).close_to(
            recurrence_oracle(a, b), rtol=RECURRENCE_RTOL, atol=RECURRENCE_ATOL
        )


@check("linear_recurrence", "correct", hint="With a single step, the answer is b.")
def test_linear_recurrence_of_one_step(learner: Learner) -> None:
    learner.linear_recurrence(jnp.array([2.0]), jnp.array([3.0])).equals([3.0])


@check("linear_recurrence", "jit", hint="The program depends on shapes alone.")
def test_linear_recurrence_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [recurrence(numbers, 33) for _ in range(2)]
    agrees_once(
        learner.linear_recurrence.jit(), calls, recurrence_oracle, rtol=RECURRENCE_RTOL, atol=RECURRENCE_ATOL
    )


@check(
    "linear_recurrence",
    "jit",
    hint="scan, fori_loop and while_loop go step after step. lax.associative_scan halves the length again and again.",
)
def test_linear_recurrence_is_no_loop(learner: Learner, numbers: Numbers) -> None:
    handle, call = learner.linear_recurrence.jit(), recurrence(numbers, 33)
    primitives = handle.program(*call).primitives
    loops = [name for name in ("scan", "while") if primitives[name]]
    complaint = "goes through its steps one after the other"
    expected = "neither scan nor while in its program"
    handle(*call).require(not loops, complaint, expected=expected, got=", ".join(loops))


@check(
    "linear_recurrence",
    "jit",
    hint="A Python loop over steps is written out. One operation must join many pairs of steps at once.",
)
def test_linear_recurrence_is_not_written_out(learner: Learner, numbers: Numbers) -> None:
    handle = learner.linear_recurrence.jit()
    stays_a_loop(handle, lambda length: recurrence(numbers, length))
    long = handle.program(*recurrence(numbers, 1000))
    Called(long.call, None).require(
        long.size <= 600,
        "needs too many operations",
        expected="at most 600 operations",
        got=f"{long.size}",
        kind=Kind.OPERATIONS,
    )


@check(
    "linear_recurrence",
    "jit",
    hint="A table of all pairs of steps has T × T entries; associative_scan keeps to arrays of the size of a and b.",
)
def test_linear_recurrence_builds_no_table(learner: Learner, numbers: Numbers) -> None:
    largest_value_at_most(learner.linear_recurrence.jit(), 100_000, recurrence(numbers, 1000))
