"""Checks of one_hot."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import FARTHEST
from grader.toolkit import Array, Called, Learner, Numbers, agrees_once, check, same_size_for, writes_at


def one_hot_oracle(labels: Any, n_classes: int) -> Array:
    out = np.zeros((len(labels), n_classes))
    for k, label in enumerate(np.asarray(labels)):
        if 0 <= label < n_classes:
            out[k, label] = 1
    return out


@check("one_hot", "correct", hint="Row k has one 1.0, at column labels[k]: walk rows and labels together.")
def test_one_hot_by_hand(learner: Learner) -> None:
    expected = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    learner.one_hot(jnp.array([1, 2, 0, 1]), 3).equals(expected)


@check("one_hot", "correct", hint="Rows and classes are counted apart: there may be more of either.")
def test_one_hot_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    labels = numbers.integers(0, 17, 2)
    learner.one_hot(labels, 17).equals(one_hot_oracle(labels, 17))


@check(
    "one_hot",
    "correct",
    hint="To an index, -1 is the last one. Where you write, move it past the end first: such a write is dropped. A read "
    "past the end is clamped, so do not read ones, write them into zeros.",
)
def test_one_hot_gives_zeros_for_minus_one(learner: Learner) -> None:
    labels = jnp.array([1, -1, 0, -1])
    learner.one_hot(labels, 3).equals(one_hot_oracle(labels, 3))


@check("one_hot", "correct", hint="Labels below 0 and from n_classes on give zeros, and touch no other row.")
def test_one_hot_gives_zeros_out_of_range(learner: Learner) -> None:
    for labels in (jnp.array([3, -2, 0, 4]), jnp.array([FARTHEST, -3, -4, -FARTHEST])):
        learner.one_hot(labels, 3).equals(one_hot_oracle(labels, 3))


@check(
    "one_hot", "jit", hint="Write for every label, and send those that do not count where they are dropped."
)
def test_one_hot_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(-3, 6, 7), 4) for _ in range(3)]
    agrees_once(learner.one_hot.jit(static_argnums=1), calls, one_hot_oracle, by=Called.equals)


@check("one_hot", "jit", hint="Start from zeros and write the ones with .at[rows, columns].")
def test_one_hot_writes_by_scatter(learner: Learner) -> None:
    handle, labels = learner.one_hot.jit(static_argnums=1), jnp.zeros(7, jnp.int32)
    program = handle.program(labels, 4)
    writes = writes_at(program, 0)
    complaint = "is right, but not by the rules"
    got = ", ".join(sorted(program.primitives))
    handle(labels, 4).require(writes, complaint, expected="a scatter at the labels in its program", got=got)


@check("one_hot", "jit", hint="One scatter writes all rows.")
def test_one_hot_has_no_python_loop(learner: Learner) -> None:
    small, large = (jnp.zeros(7, jnp.int32), 4), (jnp.zeros(14, jnp.int32), 8)
    same_size_for(learner.one_hot.jit(static_argnums=1), small, large)
