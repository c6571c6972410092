"""Checks of histogram."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import FARTHEST, GATE
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    agrees_once,
    bans,
    check,
    must_beat,
)


def histogram_oracle(indices: Any, n_bins: int) -> Array:
    return np.array([np.sum(np.asarray(indices) == b) for b in range(n_bins)])


@check("histogram", "correct", hint="Start from integer zeros and add 1 at the place that each index names.")
def test_histogram_by_hand(learner: Learner) -> None:
    learner.histogram(jnp.array([4, 0, 3, 2]), 6).equals([1, 0, 1, 1, 1, 0])


@check("histogram", "correct", hint="Build it from an indexed update; the rules name what is left out.")
def test_histogram_uses_no_shortcut(learner: Learner) -> None:
    numpy = ("bincount", "histogram", "unique", "unique_counts", "unique_all")
    bans(learner.histogram, "jax.ops", *(f"jax.numpy.{name}" for name in numpy), on=(jnp.arange(7), 4))


@check(
    "histogram", "correct", hint="An index that comes twice counts twice: .add applies both, .set only one."
)
def test_histogram_counts_duplicates(learner: Learner) -> None:
    learner.histogram(jnp.array([1, 5, 1, 1]), 6).equals([0, 3, 0, 0, 0, 1])


@check("histogram", "correct", hint="A bin nobody names holds 0, also the last ones.")
def test_histogram_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        indices = numbers.integers(0, 12, 33)  # of 17 bins: the last ones stay empty
        learner.histogram(indices, 17).equals(histogram_oracle(indices, 17))


@check("histogram", "correct", hint="No indices at all: every count is 0.")
def test_histogram_counts_nothing(learner: Learner) -> None:
    learner.histogram(jnp.zeros(0, jnp.int32), 6).equals([0, 0, 0, 0, 0, 0])


@check(
    "histogram",
    "correct",
    hint="What lies past the last bin is dropped: neither clipped into it nor wrapped around.",
)
def test_histogram_drops_what_is_too_large(learner: Learner) -> None:
    learner.histogram(jnp.array([1, 6, 14, FARTHEST]), 6).equals([0, 1, 0, 0, 0, 0])


@check(
    "histogram",
    "correct",
    hint="A negative index wraps before the mode applies. Switch that off, or move it past the end first.",
)
def test_histogram_drops_negatives(learner: Learner) -> None:
    learner.histogram(jnp.array([2, 0, 2, -1]), 6).equals([1, 0, 2, 0, 0, 0])
    learner.histogram(jnp.array([1, -1, -6, -FARTHEST]), 6).equals([0, 1, 0, 0, 0, 0])


@check("histogram", "jit", hint="Keep all indices, and send those that do not count where they are dropped.")
def test_histogram_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(-3, 8, 9), 5) for _ in range(3)]
    agrees_once(learner.histogram.jit(static_argnames="n_bins"), calls, histogram_oracle, by=Called.equals)


def histogram_loop(indices: jax.Array, n_bins: int) -> jax.Array:
    counts = jnp.zeros(n_bins, jnp.int32)
    for k in range(len(indices)):
        counts = counts.at[indices[k]].add(1, mode="drop", wrap_negative_indices=False)
    return counts


@check("histogram", "speed", hint="Give .at[...] all indices at once; one scatter adds them all.")
def test_histogram_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.histogram.jit(static_argnames="n_bins"),
        histogram_loop,
        named="a Python loop of .at updates",
        draw=lambda size: (numbers.integers(-size // 8, size, size), size // 2),
        size=160,
        gate=GATE,
        numbers=numbers,
    )
