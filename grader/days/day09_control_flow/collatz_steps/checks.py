"""Checks of collatz_steps."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Finding,
    Kind,
    Learner,
    Numbers,
    WrongAnswer,
    came,
    check,
    compiles_once,
    hint_when,
    must_beat,
)

MANY = 4000  # the same in the speed check, so that it is compiled once


def collatz_python(numbers_to_count: Any) -> list[int]:
    counts = []
    for n in numbers_to_count.tolist():
        steps = 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        counts.append(steps)
    return counts


@check(
    "collatz_steps",
    "correct",
    hint="The loop goes on while its test holds: n != 1. Count the steps, not the numbers on the way. 3 n + 1 and the halving"
    " after it are two steps.",
)
def test_collatz_steps_by_hand(learner: Learner) -> None:
    python = "A Python loop, and a Python count? n will be traced, and then there is nothing to test: lax.while_loop takes it."
    with hint_when(came(int), python):
        learner.collatz_steps(jnp.int32(6)).equals(8)


@check("collatz_steps", "correct", hint="At 1 there is nothing to do: test before you step.")
def test_collatz_steps_at_one(learner: Learner) -> None:
    learner.collatz_steps(jnp.int32(1)).equals(0)


@check(
    "collatz_steps",
    "correct",
    hint="60,583 climbs to 121,012,864, and float32 holds whole numbers only up to 2**24: stay with integers, and halve with //.",
)
def test_collatz_steps_stays_with_integers(learner: Learner) -> None:
    # As floats 179, or 122 without fused roundings.
    learner.collatz_steps.jit()(jnp.int32(60_583)).equals(148)


@check(
    "collatz_steps",
    "correct",
    hint="Under vmap n is traced: no Python branch. lax.while_loop goes on until the last n is done; results that are done stay.",
)
def test_collatz_steps_lifts_over_many(learner: Learner, numbers: Numbers) -> None:
    drawn = np.asarray(numbers.integers(1, 100_001, MANY))
    ns = jnp.asarray(np.concatenate([np.array([77_031, 27, 97, 1, 2], np.int32), drawn[5:]]))
    learner.collatz_steps.vmap().jit()(ns).equals(np.array(collatz_python(ns)))


@check("collatz_steps", "jit", hint="How often the loop goes round is data: lax.while_loop takes a traced n.")
def test_collatz_steps_compiles_once(learner: Learner) -> None:
    calls = [(jnp.int32(n),) for n in (27, 1, 97)]
    for result, steps in zip(compiles_once(learner.collatz_steps.jit(), calls), (111, 0, 118), strict=True):
        result.equals(steps)


@check(
    "collatz_steps",
    "jit",
    hint="A loop with a bound written down goes all its rounds for every n. Stop when n is 1.",
)
def test_collatz_steps_stops_by_itself(learner: Learner) -> None:
    handle, n = learner.collatz_steps.jit(), jnp.int32(27)
    program = handle.program(n)
    loops = [name for name in ("scan", "while") if program.primitives[name]]
    complaint = "counts with a loop that cannot stop early"
    got = ", ".join(loops) or "no loop"
    handle(n).require("while" in loops, complaint, expected="a while in its program", got=got)


@check(
    "collatz_steps",
    "jit",
    hint="The docstring wants no bound on the number of steps, not a generous one either: n != 1 is the whole test.",
)
def test_collatz_steps_writes_down_no_bound(learner: Learner) -> None:
    handle, n = learner.collatz_steps.jit(), jnp.int32(27)
    # 0, 1, 2 and 3 are all that counting, halving and tripling need; a bound that lets all n through is 350 or more.
    bounds = [number for number in handle.program(n).numbers if abs(number) >= 350]
    complaint = "counts with a bound on its steps"
    expected = "a loop that ends when n is 1, and for no other reason"
    got = ", ".join(f"the number {number:g} in its program" for number in sorted(bounds))
    handle(n).require(not bounds, complaint, expected=expected, got=got)


@check(
    "collatz_steps",
    "speed",
    hint="The loop goes round until the slowest n is done, and a round is paid by all: stop when n is 1, and let the body of a "
    "round be one step and nothing more.",
)
def test_collatz_steps_beats_python_ints(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.collatz_steps.vmap().jit(),
        collatz_python,
        named="Python ints",
        draw=lambda size: (numbers.integers(1, 100_001, size),),
        size=MANY,
        gate=4,
        numbers=numbers,
        agree=same_counts,
    )


def same_counts(text: str, result: Any, wanted: Any) -> None:
    differ = np.flatnonzero(np.asarray(result) != np.asarray(wanted))
    if len(differ):
        k = int(differ[0])
        raise WrongAnswer(
            Finding(
                "is wrong", Kind.VALUE, text, expected=f"{wanted[k]}", got=f"{int(result[k])}", where=(k,)
            )
        )
