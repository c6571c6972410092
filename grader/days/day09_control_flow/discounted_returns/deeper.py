"""Deeper checks of discounted_returns."""

from __future__ import annotations

import jax.numpy as jnp

from grader.days.day09_control_flow.discounted_returns.checks import returns_oracle
from grader.days.day09_control_flow.shared import close_in_scale
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees


@check(
    "discounted_returns",
    "deeper",
    hint="An episode may last for all T steps, and each counts on its own: no horizon, and nothing of a later episode, not even "
    "added and taken away again, for that costs digits.",
)
def test_discounted_returns_of_long_and_of_rich_episodes(learner: Learner, numbers: Numbers) -> None:
    rewards, discount = numbers.uniform(1, 2, 1000), jnp.float32(1.0)
    none, one = jnp.zeros(1000, bool), jnp.arange(1000) == 499
    for call in ((rewards, none, discount), (rewards.at[500:].multiply(1e8), one, discount)):
        learner.discounted_returns.jit()(*call).close_to(returns_oracle(*call), rtol=1e-4)


@check(
    "discounted_returns",
    "deeper",
    hint="However long the episode and whatever the discount, all rewards up to its end count; no further one does.",
)
def test_discounted_returns_in_many_cases(learner: Learner, draw: Draw) -> None:
    length = draw.one_of(3, 1, 8, 1000)
    discount = draw.one_of(jnp.float32, float)(draw.one_of(0.5, 1.0, 0.0, 0.999, 0.9))
    call = draw.floats(length, magnitudes=(1e-5, 1e5)), draw.booleans(length), discount
    # Sums of both signs, in any order.
    close_in_scale(learner.discounted_returns.jit()(*call), returns_oracle(*call), 1e-4)


@check(
    "discounted_returns",
    "deeper",
    hint="A NaN says that something is wrong with a reward: it goes into the returns before it, up to the end of the episode"
    " before. Replace nothing.",
)
def test_discounted_returns_lets_nan_through(learner: Learner) -> None:
    # Nothing lies before the NaN's own episode, so that (1 - end) * following may have it as well.
    rewards, ends = jnp.array([1.0, jnp.nan, 4.0, 8.0]), jnp.array([False, False, True, False])
    learner.discounted_returns.jit()(rewards, ends, 0.5).equals([jnp.nan, jnp.nan, 4.0, 8.0])


@check(
    "discounted_returns",
    "deeper",
    hint="Rewards and the discount have derivatives: nothing may hold them up.",
)
def test_discounted_returns_has_derivatives(learner: Learner, numbers: Numbers) -> None:
    call = numbers.normal(33), numbers.booleans(33, 0.2), jnp.float32(0.9)
    for wrt in (0, 2):
        slope_agrees(learner.discounted_returns.jit(), returns_oracle, *call, wrt=wrt, forward=True)


@check(
    "discounted_returns", "deeper", hint="Small rewards and small discounts count, too: round nothing away."
)
def test_discounted_returns_of_small_numbers(learner: Learner) -> None:
    returns, ends = learner.discounted_returns.jit(), jnp.array([False, False, False])
    returns(jnp.array([1e-7, 2e-7, 4e-7]), ends, jnp.float32(0.5)).close_to([3e-7, 4e-7, 4e-7], atol=0.0)
    returns(jnp.array([1.0, 1e6, 0.0]), ends, jnp.float32(1e-6)).close_to([2.0, 1e6, 0.0])


@check("discounted_returns", "deeper", hint="An episode may have any number of steps, thousands, too.")
def test_discounted_returns_of_a_long_episode(learner: Learner) -> None:
    rewards, ends = jnp.ones(5000), jnp.zeros(5000, bool).at[4990].set(True)
    returns = learner.discounted_returns.jit()(rewards, ends, jnp.float32(0.9999))
    returns.close_to(returns_oracle(rewards, ends, jnp.float32(0.9999)), rtol=1e-3)
