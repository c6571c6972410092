"""Checks of welford."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import close_in_scale, stays_a_loop
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    largest_value_at_most,
    must_beat,
    wide,
)


def welford_oracle(x: Any) -> tuple[Array, Array]:
    values = wide(x)
    heads = [values[:k] for k in range(1, len(values) + 1)]
    return np.array([head.mean() for head in heads]), np.array([head.var() for head in heads])


@check(
    "welford",
    "correct",
    hint="k counts the values, 1 at the first. The step is traced once: a count that lives outside of it stays as it was, so"
    " carry it along.",
)
def test_welford_by_hand(learner: Learner) -> None:
    result = learner.welford(jnp.array([1.0, 3.0, 5.0]))
    result[0].close_to([1.0, 2.0, 3.0])
    result[1].close_to(
        [0.0, 1.0, 8 / 3],
        hint="The variance is M / k; what is carried is M itself. In M's update one factor has the old mean, one the new.",
    )


@check("welford", "correct", hint="Divide by k, not by k - 1; carry count, mean and M from value to value.")
def test_welford_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33, 3.0, 1.0)
    compiled_if_possible(learner.welford, x).close_to(welford_oracle(x), rtol=1e-4, atol=1e-5)


@check("welford", "correct", hint="The mean of one value is the value, and its variance 0.")
def test_welford_of_one_value(learner: Learner) -> None:
    learner.welford(jnp.array([4.5])).equals(([4.5], [0.0]))


@check(
    "welford",
    "correct",
    hint="Squares of values near 1e6 are near 1e12, where float32 has steps of 65536. Sum squares of differences instead.",
)
def test_welford_is_stable_far_from_zero(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33, 100.0, 1e6)
    means, variances = welford_oracle(x)
    # A float32 near 1e6 is right to 1/32; a running mean collects some of these. Deviations are near 100.
    result = compiled_if_possible(learner.welford, x)
    result[0].close_to(means, rtol=0, atol=2.0)
    result[1].close_to(variances, rtol=0.01, atol=1.0)


@check(
    "welford",
    "correct",
    hint="These values are some 1e-7: nothing added to a variance, and nothing held above a floor, goes unnoticed.",
)
def test_welford_takes_tiny_values(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33, 3e-7, 1e-7)
    close_in_scale(compiled_if_possible(learner.welford, x), welford_oracle(x), 1e-4)


@check("welford", "correct", hint="A NaN goes into every mean from there on, and into none before it.")
def test_welford_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33, 3.0, 1.0).at[20].set(jnp.nan)
    compiled_if_possible(learner.welford, x).close_to(welford_oracle(x), rtol=1e-4, atol=1e-5)


@check("welford", "jit", hint="No value decides what the program does.")
def test_welford_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(33, 3.0, 1.0),) for _ in range(2)]
    agrees_once(learner.welford.jit(), calls, welford_oracle, rtol=1e-4, atol=1e-5)


@check(
    "welford",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan compiles the step once: carry (count, mean, M).",
)
def test_welford_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    stays_a_loop(learner.welford.jit(), lambda length: (numbers.normal(length),))


@check(
    "welford",
    "jit",
    hint="A table of all prefixes has T × T entries. Update what you know about the values so far.",
)
def test_welford_builds_no_table(learner: Learner, numbers: Numbers) -> None:
    largest_value_at_most(learner.welford.jit(), 100_000, (numbers.normal(1000),))


def welford_loop(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    mean = scatter = jnp.zeros(())
    means, variances = [], []
    for k in range(len(x)):
        difference = x[k] - mean
        mean = mean + difference / (k + 1)
        scatter = scatter + difference * (x[k] - mean)
        means.append(mean)
        variances.append(scatter / (k + 1))
    return jnp.stack(means), jnp.stack(variances)


@check(
    "welford",
    "speed",
    hint="Update mean and M by one value a step; to go through all earlier values again makes it quadratic.",
)
def test_welford_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.welford.jit(),
        welford_loop,
        named="a Python loop over values",
        draw=lambda size: (numbers.normal(size),),
        size=256,
        gate=250,
        numbers=numbers,
    )
