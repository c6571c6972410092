"""Checks of bootstrap_means."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import (
    must_differ,
    must_have_shape,
    must_not_repeat,
    reuses_no_key,
    shares_must_be,
)
from grader.toolkit import Array, Called, Kind, Learner, Numbers, check, compiles_once, must_beat, wide

RESAMPLES = 1000
DIGITS = np.array([7.0**j for j in range(6)])  # six numbers whose sum tells how often each was picked


def picks(called: Called, resamples: int = RESAMPLES) -> Array:
    """How often each resample picked each of DIGITS, (resamples, 6). Raises WrongAnswer when none fit."""
    must_have_shape(called, (resamples,))
    means = wide(called.value)
    sums = 6 * means
    whole = np.round(np.nan_to_num(sums, nan=-1.0))
    counts = np.stack([whole // 7**j % 7 for j in range(6)], axis=1)
    # 0.1 is far more than the roundings of a float32 sum below 1e5 and far less than 1.
    possible = (np.abs(sums - whole) < 0.1) & (counts.sum(axis=1) == 6) & (whole < 7**6)
    if not possible.all():
        place = int(np.argmin(possible))
        called.require(
            False,
            "is wrong",
            expected="the mean of 6 elements of x, some of them more than once",
            got=f"{means[place]:.7g}",
            kind=Kind.VALUE,
            where=(place,),
        )
    return np.asarray(counts)


def bootstrap(learner: Learner, numbers: Numbers) -> Called:
    return learner.bootstrap_means(numbers.key(), jnp.asarray(DIGITS, jnp.float32), RESAMPLES)


@check(
    "bootstrap_means",
    "correct",
    hint="A resample of n numbers is n of them, picked one by one; take its plain mean.",
)
def test_bootstrap_means_averages_n_picks(learner: Learner, numbers: Numbers) -> None:
    picks(bootstrap(learner, numbers))


@check("bootstrap_means", "correct", hint="An element may be picked again: draw indices, do not shuffle.")
def test_bootstrap_means_draws_with_replacement(learner: Learner, numbers: Numbers) -> None:
    # With two keys: of resamples that are all the same, 1.5 % have no repetition.
    called, other = bootstrap(learner, numbers), bootstrap(learner, numbers)
    repeated = np.concatenate([picks(called), picks(other)]) > 1
    called.require(
        repeated.any(),
        "never picks an element twice",
        expected="repetitions in 98 % of the resamples",
        got="every element once in every resample",
    )


@check("bootstrap_means", "correct", hint="Every resample needs draws of its own, independent of the others.")
def test_bootstrap_means_resamples_are_independent(learner: Learner, numbers: Numbers) -> None:
    totals = []
    for _ in range(2):
        called = bootstrap(learner, numbers)
        counts = picks(called)
        different = len(np.unique(counts, axis=0))
        called.require(
            different > 1, "repeats one resample", expected="new picks in each", got="the same in all"
        )
        totals.append(counts.sum(axis=0))
        missed = (5 / 6) ** 6  # the probability that a resample leaves out a given element
        indicator = (counts[:, 0] == 0) - missed
        must_not_repeat(called, "repeats its resamples", indicator, missed * (1 - missed))
    # Equal totals have a probability below 1e-9, twice below 1e-18.
    called.require(
        any(len(set(total)) > 1 for total in totals),
        "uses all elements equally often",
        expected="totals that vary by chance",
        got=f"each element {RESAMPLES} times in {RESAMPLES} resamples, for two keys",
        hint="Draw each pick by itself; do not deal out a fixed supply.",
    )


@check("bootstrap_means", "correct", hint="Indices run from 0 to n - 1. randint leaves its upper bound out.")
def test_bootstrap_means_every_element_is_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = bootstrap(learner, numbers)
    shares = picks(called).mean(axis=0) / 6
    names = [f"x[{j}]" for j in range(6)]
    shares_must_be(
        called, "does not pick all elements alike", names, shares, np.full(6, 1 / 6), 6 * RESAMPLES
    )


@check("bootstrap_means", "correct", hint="Every draw must come from the key that is given.")
def test_bootstrap_means_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    must_differ(bootstrap(learner, numbers), bootstrap(learner, numbers))


@check(
    "bootstrap_means", "jit", hint="Only n_resamples is static; the values of x are not known while tracing."
)
def test_bootstrap_means_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), jnp.asarray(DIGITS, jnp.float32)) for _ in range(2)]
    results = compiles_once(learner.bootstrap_means.jit(static_argnames="n_resamples"), calls, n_resamples=4)
    for arguments, called in zip(calls, results, strict=True):
        picks(called, 4)
        called.close_to(learner.bootstrap_means(*arguments, 4).value)


@check("bootstrap_means", "jit", hint="Split into as many keys as you need, and draw from the children only.")
def test_bootstrap_means_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.bootstrap_means, numbers.key(), numbers.normal(6), n_resamples=4)


def one_resample_after_the_other(key: Any, x: Any, n_resamples: int) -> Any:
    keys = jax.random.split(key, n_resamples)
    return jnp.stack([jax.random.choice(one, x, x.shape).mean() for one in keys])


def agree_on_average(text: str, got: Any, expected: Any) -> None:
    """Two bootstraps of the same data have the same centre and spread."""
    got, expected = wide(got), wide(expected)
    # 10 standard errors of a difference, for means that are close to normal.
    close = abs(got.mean() - expected.mean()) <= 10 * math.sqrt(2 / len(got)) * expected.std()
    Called(text, got).require(
        got.shape == expected.shape and close and 0.5 < got.std() / expected.std() < 2,
        "has another mean or spread",
        expected=f"{expected.mean():.4g}, deviation {expected.std():.4g}",
        got=f"{got.mean():.4g}, deviation {got.std():.4g}",
    )


@check(
    "bootstrap_means",
    "speed",
    hint="Draw the indices of all resamples at once, a row for each, and average rows.",
)
def test_bootstrap_means_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.bootstrap_means.jit(static_argnames="n_resamples"),
        one_resample_after_the_other,
        named="a Python loop over resamples",
        draw=lambda size: (numbers.key(), numbers.normal(8), size),
        size=150,
        gate=8,
        numbers=numbers,
        agree=agree_on_average,
    )
