"""Checks of discounted_returns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import stays_a_loop
from grader.toolkit import Array, Learner, Numbers, agrees_once, check, largest_value_at_most, told_by, wide


def returns_oracle(rewards: jax.Array, ends: jax.Array, discount: Any) -> Array:
    given = wide(rewards)
    returns, following = np.zeros_like(given), 0.0
    for t in reversed(range(len(given))):
        following = given[t] + (0.0 if ends[t] else float(discount) * following)
        returns[t] = following
    return returns


def episodes(numbers: Numbers, length: int) -> tuple[jax.Array, jax.Array]:
    return numbers.normal(length), numbers.booleans(length, 0.2)


@check(
    "discounted_returns",
    "correct",
    hint="A step's return needs the next step's: go from the last to the first, with reverse=True. Begin anew at an end.",
)
def test_discounted_returns_by_hand(learner: Learner) -> None:
    rewards, ends = jnp.array([1.0, 2.0, 4.0, 8.0]), jnp.array([False, True, False, False])
    returns = learner.discounted_returns(rewards, ends, 0.5)
    flipped = "It is back to front. Who flips rewards and ends flips the result back, too; reverse=True of lax.scan does both."
    wiped = "An end wipes out the reward of its own step: there G is that reward, and not 0. What follows counts for nothing."
    mistakes = {flipped: [8.0, 8.0, 2.0, 2.0], wiped: [1.0, 0.0, 8.0, 8.0]}
    returns.equals([2.0, 2.0, 8.0, 8.0], hint=told_by(returns.value, mistakes))


@check(
    "discounted_returns",
    "correct",
    hint="ends[t] belongs to step t: its own reward still counts, what follows does not. Nothing follows the last step.",
)
def test_discounted_returns_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    call = (*episodes(numbers, 33), jnp.float32(0.9))
    learner.discounted_returns(*call).close_to(returns_oracle(*call))


@check(
    "discounted_returns",
    "correct",
    hint="Powers of the discount cannot be divided by: discount ** 33 is 0 in float32 here, and 0 is a discount, too.",
)
def test_discounted_returns_takes_small_discounts(learner: Learner, numbers: Numbers) -> None:
    for discount in (0.01, 0.0):
        call = (*episodes(numbers, 33), jnp.float32(discount))
        learner.discounted_returns(*call).close_to(returns_oracle(*call))


@check(
    "discounted_returns",
    "jit",
    hint="Where an episode ends is data: choose with jnp.where. The discount is traced.",
)
def test_discounted_returns_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*episodes(numbers, 33), jnp.float32(discount)) for discount in (0.9, 1.0)]
    agrees_once(learner.discounted_returns.jit(), calls, returns_oracle)


@check(
    "discounted_returns",
    "jit",
    hint="Under jit a Python loop is written out. lax.scan(step, 0, xs, reverse=True) goes from the last to the first.",
)
def test_discounted_returns_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    discount = jnp.float32(0.9)
    stays_a_loop(learner.discounted_returns.jit(), lambda length: (*episodes(numbers, length), discount))


@check(
    "discounted_returns",
    "jit",
    hint="A table of all pairs of steps has T × T entries. Each return needs only the one after it.",
)
def test_discounted_returns_builds_no_table(learner: Learner, numbers: Numbers) -> None:
    call = (*episodes(numbers, 1000), jnp.float32(0.9))
    largest_value_at_most(learner.discounted_returns.jit(), 100_000, call)
