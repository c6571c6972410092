"""Checks of masked_mean."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Learner, Numbers, agrees_once, check, compiled_if_possible, wide

MANY = 70_001


def masked_mean_oracle(x: Any, mask: Any) -> float:
    kept = wide(x)[np.asarray(mask)]
    return float(np.mean(kept)) if len(kept) else 0.0


@check("masked_mean", "correct", hint="Divide by the number of Trues in the mask, not by the length of x.")
def test_masked_mean_by_hand(learner: Learner) -> None:
    x, mask = jnp.array([1.0, 2.0, 6.0]), jnp.array([True, False, True])
    learner.masked_mean(x, mask).close_to(3.5)


@check(
    "masked_mean",
    "correct",
    hint="Without a single True the answer is 0. The sum is 0 already; keep the divisor at 1 or above.",
)
def test_masked_mean_is_zero_for_an_empty_mask(learner: Learner) -> None:
    x, mask = jnp.array([5.0, 7.0, -1.0]), jnp.array([False, False, False])
    learner.masked_mean(x, mask).equals(0.0)


@check(
    "masked_mean",
    "correct",
    hint="What is masked out must not be reached by arithmetic: 0.0 * nan is nan, and so is inf - inf. Choose between the "
    "entry and 0 with jnp.where.",
)
def test_masked_mean_ignores_what_is_masked_out(learner: Learner) -> None:
    x, mask = jnp.array([jnp.nan, 2.0, jnp.inf]), jnp.array([False, True, False])
    learner.masked_mean(x, mask).close_to(2.0)


@check(
    "masked_mean",
    "correct",
    hint="A nan or an infinity that counts must show in the result. Treat the empty mask by its count, not by repairing "
    "nan afterwards.",
)
def test_masked_mean_keeps_a_nan_that_counts(learner: Learner) -> None:
    mask = jnp.array([True, True, False])
    for counts in (np.nan, np.inf, -np.inf):
        learner.masked_mean(jnp.array([counts, 2.0, 6.0]), mask).close_to(counts)


@check(
    "masked_mean",
    "correct",
    hint="An entry of 0 under a True counts like any other: count the mask, not the entries.",
)
def test_masked_mean_counts_zeros(learner: Learner) -> None:
    x, mask = jnp.array([0.0, 4.0, 9.0]), jnp.array([True, True, False])
    learner.masked_mean(x, mask).close_to(2.0)


@check(
    "masked_mean",
    "correct",
    hint="The compiler happens to turn a product with booleans into a choice; written out it is 0 times nan. Say the choice: "
    "jnp.where(mask, x, 0).",
)
def test_masked_mean_ignores_it_operation_by_operation(learner: Learner) -> None:
    x, mask = jnp.array([jnp.nan, 2.0, jnp.inf]), jnp.array([False, True, False])
    compiled_if_possible(learner.masked_mean, x, mask).close_to(2.0)
    with jax.disable_jit():
        learner.masked_mean.using(
            "With jax.disable_jit(), masked_mean([nan, 2, inf], [False, True, False])",
            learner.masked_mean.function,
            x,
            mask,
        ).close_to(2.0)


@check("masked_mean", "correct", hint="Sum the entries under a True, count the Trues, divide.")
def test_masked_mean_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for _ in range(8):
        x, mask = numbers.normal(3, mean=1.0), numbers.booleans(3)
        learner.masked_mean(x, mask).close_to(masked_mean_oracle(x, mask))


@check(
    "masked_mean",
    "jit",
    hint="Keep every entry, put 0 where the mask is False, and ask nothing of the mask in Python.",
)
def test_masked_mean_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # Masks with different numbers of Trues, and one with none.
    calls = [(numbers.normal(MANY), numbers.booleans(MANY, probability)) for probability in (0.2, 0.5, 0.0)]
    agrees_once(learner.masked_mean.jit(), calls, masked_mean_oracle)
