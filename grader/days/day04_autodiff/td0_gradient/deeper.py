"""The deeper look at td0_gradient."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.td0_gradient.checks import td0_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "td0_gradient",
    "deeper",
    hint="-(target - v) (1 - v²) state, with the target as it comes: nothing is clipped and nothing normalised.",
)
def test_td0_gradient_in_many_cases(learner: Learner, draw: Draw) -> None:
    d = draw.one_of(3, 1, 2)
    weights, after = draw.floats(d, low=-3, high=3), draw.floats(d, low=-3, high=3)
    state = draw.floats(d, magnitudes=(1e-6, 100))
    reward, discount = draw.floats(magnitudes=(1e-3, 1e4), special=(0.0,)), draw.floats(low=0, high=1)
    result = learner.td0_gradient.jit()(weights, state, reward, after, discount)
    # tanh is rounded at the size 1, and so is 1 - tanh², which is then multiplied with error and state.
    expected = td0_oracle(weights, state, reward, after, discount)
    result.close_to(expected, atol=1e-5 * (2 + float(np.abs(reward))) * float(np.abs(state).max()))


@check("td0_gradient", "deeper", hint="A small discount and a large state count as they are.")
def test_td0_gradient_takes_all_sizes(learner: Learner) -> None:
    weights, state = jnp.array([1e-9, 0.0]), jnp.array([1000.0, 2.0])
    reward, after, discount = jnp.float32(0), jnp.array([1e9, 0.0]), jnp.float32(9e-6)
    expected = td0_oracle(weights, state, reward, after, discount)
    learner.td0_gradient(weights, state, reward, after, discount).close_to(expected, rtol=1e-3, atol=1e-7)
