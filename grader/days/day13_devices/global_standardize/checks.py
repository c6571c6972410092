"""Checks of global_standardize."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.shared import (
    ANY_NUMBER,
    FEATURES,
    ROWS,
    holds_no_more_than_its_part,
    must_sum_over_devices,
    names_no_number_of_devices,
)
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    check,
    compiled_if_possible,
    hint_when,
    looks_like,
    wide,
)


def standardize_oracle(x: Any) -> Array:
    x = wide(x)
    mean = x.mean(axis=(0, 1))
    return np.asarray((x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=(0, 1))))


def all_together(x: Any) -> Array:
    x = wide(x)
    return np.asarray((x - x.mean()) / x.std())


def features(numbers: Numbers, mean: float = 0.0) -> jax.Array:
    """Rows whose mean and spread differ from device to device; one feature is in tiny units, one in huge ones."""
    n = jax.device_count()
    k = np.arange(n)[:, None, None]
    rows = np.asarray(numbers.normal((n, ROWS, FEATURES)))
    units = np.array([1.0, 1e-7, 1e7])
    return jnp.asarray((mean + (rows * (1 + k) + 2.0 * k - n) / n) * units, jnp.float32)


@check(
    "global_standardize",
    "correct",
    hint="The result has the axes of x, (devices, rows, features), also where devices and rows were run together on the way. "
    "Each feature is standardised by its mean and deviation over all rows of all devices.",
)
def test_global_standardize_looks_at_all_devices(learner: Learner, numbers: Numbers) -> None:
    x = features(numbers)
    called = compiled_if_possible(learner.global_standardize, x)
    called.close_to(standardize_oracle(x), atol=math.inf)  # shape and dtype
    wanted, got = standardize_oracle(x).mean(axis=1), np.asarray(called.value).mean(axis=1)
    k, j = np.unravel_index(int(np.argmax(np.abs(wanted))), wanted.shape)
    called.require(
        np.abs(got).max() > 1e-3,
        "takes each device's own mean",
        expected=f"on device {k} a mean of {wanted[k, j]:.3g} in feature {j}",
        got="a mean of 0 on every device",
        hint="Has each device used its own mean? lax.pmean(..., axis_name) is the mean over devices; the map that gives the axis "
        "its name is jax.pmap(..., axis_name=...).",
    )


@check(
    "global_standardize",
    "correct",
    hint="Here device k holds the number k and nothing else: all of the spread lies between devices. Square the "
    "distances from the mean of all rows, not from the device's own mean, and average those.",
)
def test_global_standardize_by_hand(learner: Learner) -> None:
    n = jax.device_count()
    k = np.arange(n)[:, None, None] * np.ones((n, ROWS, FEATURES))
    expected = (k - (n - 1) / 2) / math.sqrt((n * n - 1) / 12)
    called = compiled_if_possible(learner.global_standardize, jnp.asarray(k, jnp.float32))
    rows = n * ROWS
    less_one = {
        f"the sum of squares is divided by {count - 1}, one less than the number of {what}": functools.partial(
            np.multiply, math.sqrt(1 - 1 / count), expected
        )
        for what, count in (("rows", rows), ("all numbers, features together", rows * FEATURES))
    }
    by_rows = (
        f"The variance of a feature, which is one for itself, is 1/N times the sum, with the {rows} rows of all devices: "
        "axis (0, 1), and no ddof."
    )
    with hint_when(looks_like(Pattern.NEIGHBOUR), by_rows):
        called.close_to(expected, neighbours=less_one)


@check(
    "global_standardize",
    "correct",
    hint="The variance of a feature is the mean of (x - mean)² over all rows of all devices, with its own mean over all: "
    "divide by their number, and take the root last. Nothing is added to it, which would hide a feature in tiny units.",
)
def test_global_standardize_random(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x = features(numbers)
        compiled_if_possible(learner.global_standardize, x).close_to(
            standardize_oracle(x),
            rtol=1e-4,
            atol=1e-5,
            neighbours={"one mean and one deviation for all features": functools.partial(all_together, x)},
        )


@check(
    "global_standardize",
    "correct",
    hint="The features lie around 1000 here. mean(x²) - mean(x)² subtracts a million from a million, and the digits are "
    "gone: subtract the mean first, square afterwards.",
)
def test_global_standardize_keeps_its_digits(learner: Learner, numbers: Numbers) -> None:
    x = features(numbers, mean=1000.0)
    called = compiled_if_possible(learner.global_standardize, x)
    # The mean, near 1000, is known to 1e-4, some roundings of it; x itself is given. mean(x²) has an error of 0.1.
    called.close_to(standardize_oracle(x), rtol=0.0, atol=2e-3)


@check("global_standardize", "correct", hint=ANY_NUMBER)
def test_global_standardize_takes_any_number_of_devices(learner: Learner) -> None:
    names_no_number_of_devices(learner.global_standardize)


@check("global_standardize", "jit", hint="jnp throughout; the mapped function sees tracers.")
def test_global_standardize_compiles_once(learner: Learner, numbers: Numbers) -> None:
    xs = [features(numbers) for _ in range(2)]
    agrees_once(
        learner.global_standardize.jit(),
        [(x,) for x in xs],
        standardize_oracle,
        rtol=1e-4,
        atol=1e-5,
        leaks=False,
    )


@check(
    "global_standardize",
    "jit",
    hint="Map over devices with jax.pmap(..., axis_name=...), and let lax.pmean carry the statistics: that is an "
    "all-reduce. vmap has the same collectives, but stays on one device.",
)
def test_global_standardize_sends_statistics(learner: Learner, numbers: Numbers) -> None:
    compiled, x = learner.global_standardize.jit(), features(numbers)
    # Means of all devices may be gathered, too: as many numbers as devices, for each feature.
    most = max(3, jax.device_count()) * FEATURES
    must_sum_over_devices(compiled, x, at_most=most, each="statistics of features")
    each = f"{ROWS} rows of {FEATURES}"
    holds_no_more_than_its_part(compiled, x, at_most=ROWS * FEATURES, each=each)
