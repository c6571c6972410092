"""Checks of standardize."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, Pattern, agrees_once, check, hint_when, looks_like, wide


def standardize_oracle(x: Any, eps: float = 1e-6) -> Array:
    columns = wide(x)
    z: Array = (columns - columns.mean(axis=0)) / (columns.std(axis=0) + eps)
    return z


WIDE = [[1.0, 10.0, 9.0], [3.0, 30.0, -9.0]]  # fewer rows than columns


@check(
    "standardize",
    "correct",
    hint="Each column has a mean of its own. Average down the columns: jnp.mean(x, axis=0) has one entry a"
    " column.",
)
def test_standardize_centres_each_column(learner: Learner) -> None:
    result = learner.standardize(jnp.array(WIDE)).finite()
    means = np.asarray(result.value).mean(axis=0)
    got = ", ".join(f"{mean:.3g}" for mean in means)
    result.require(
        np.abs(means).max() < 1e-5,
        "is not centred",
        expected="columns of mean 0, 0, 0",
        got=f"columns of mean {got}",
    )


@check(
    "standardize",
    "correct",
    hint="Each column has a deviation of its own: the root of its variance, and the variance divides by n.",
)
def test_standardize_by_hand(learner: Learner) -> None:
    learner.standardize(jnp.array(WIDE)).close_to([[-1.0, -1.0, 1.0], [1.0, 1.0, -1.0]])


@check(
    "standardize",
    "correct",
    hint="A constant column has deviation 0, and 0 / 0 is nan. eps makes the divisor positive. Only that column becomes 0.",
)
def test_standardize_keeps_a_constant_column_finite(learner: Learner) -> None:
    x = jnp.array([[1.0, 5.0, 0.0], [3.0, 5.0, 8.0]])
    learner.standardize(x).close_to([[-1.0, 0.0, -1.0], [1.0, 0.0, 1.0]])


@check(
    "standardize",
    "correct",
    hint="Subtract the mean first and square afterwards. mean(x²) - mean(x)² is a small difference of huge"
    " numbers, and 32 bits do not hold it.",
)
def test_standardize_survives_a_column_far_from_zero(learner: Learner, numbers: Numbers) -> None:
    x = 10_000.0 + numbers.integers(0, 10, (17, 3)).astype(jnp.float32)
    # float32 steps by 1e-3 at 10000: the mean may be off by half of that, against a deviation of about 3.
    learner.standardize(x).close_to(standardize_oracle(x), rtol=0, atol=1e-3)


@check(
    "standardize",
    "correct",
    hint="eps is added to the deviation, not to the variance under the root, and it is the argument, not "
    "always 1e-6.",
)
def test_standardize_adds_eps_to_the_deviation(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((17, 3), scale=2.0)
    learner.standardize(x, eps=0.5).close_to(standardize_oracle(x, 0.5))
    # In tiny units eps is as large as the deviation.
    tiny = "A column in tiny units has a tiny deviation, which counts like any other: no threshold, eps in the divisor is all."
    with hint_when(looks_like(Pattern.ZERO), tiny):
        learner.standardize(1e-6 * x).close_to(standardize_oracle(1e-6 * x))


@check(
    "standardize", "correct", hint="Compare mean and deviation of each column of your result with 0 and 1."
)
def test_standardize_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((17, 3), scale=3.0, mean=1.0)
    learner.standardize(x).close_to(standardize_oracle(x))


@check(
    "standardize", "jit", hint="Compute with jnp from x to the result: no NumPy, no Python branch on a value."
)
def test_standardize_compiles_once(learner: Learner, numbers: Numbers) -> None:
    xs = [numbers.normal((17, 3)), numbers.normal((17, 3), scale=5.0), jnp.ones((17, 3))]
    agrees_once(learner.standardize.jit(), [(x,) for x in xs], standardize_oracle)
