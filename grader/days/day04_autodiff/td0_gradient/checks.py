"""Checks of td0_gradient."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, agrees_once, check, told_by, wide


def transition(numbers: Numbers, reward: float = 1.0) -> tuple[jax.Array, ...]:
    """A transition, with a reward of that size."""
    d = 3
    rewards = numbers.normal(scale=reward)
    return numbers.normal(d), numbers.normal(d), rewards, numbers.normal(d), numbers.uniform(0.5, 1)


def td0_oracle(weights: Any, state: Any, reward: Any, next_state: Any, discount: Any) -> Array:
    w, s, after = wide(weights), wide(state), wide(next_state)
    value = np.tanh(w @ s)
    surprise = wide(reward) + wide(discount) * np.tanh(w @ after) - value
    return np.asarray(-surprise * (1 - value**2) * s)


@check(
    "td0_gradient",
    "correct",
    hint="The target depends on the weights, too, but is to be held still: jax.lax.stop_gradient around the target, "
    "and around nothing else.",
)
def test_td0_gradient_by_hand(learner: Learner) -> None:
    state, next_state = jnp.array([1.0, 2.0, 0.0]), jnp.array([4.0, 5.0, 1.0])
    result = learner.td0_gradient(jnp.zeros(3), state, 3, next_state, 0.9)
    mistakes = {
        "This is the gradient through the target, too. jax.lax.stop_gradient(target) holds it still.": [
            7.8,
            7.5,
            2.7,
        ],
        "Nothing is left to differentiate: hold the target still, and nothing else.": [0.0, 0.0, 0.0],
        "The value was held still, and the target moved: it is the other way round.": [10.8, 13.5, 2.7],
        "This is the step downhill. Asked for is the gradient itself, its opposite.": [3.0, 6.0, 0.0],
        "Twice as long: the loss has a factor of one half.": [-6.0, -12.0, 0.0],
    }
    result.close_to([-3.0, -6.0, 0.0], hint=told_by(result.value, mistakes))


@check(
    "td0_gradient",
    "correct",
    hint="Both values go through tanh, and the next one is discounted. The error counts as it is: clip nothing.",
)
def test_td0_gradient_agrees_with_the_closed_form(learner: Learner, numbers: Numbers) -> None:
    for reward in (1.0, 1.0, 30.0, 1000.0, 10_000.0):
        call = transition(numbers, reward)
        large = "Rewards may be as large as 10,000, and so may the error: clip nothing, neither it nor the gradient."
        # 1 - tanh² cancels near saturation.
        learner.td0_gradient(*call).close_to(
            td0_oracle(*call), atol=1e-5 * reward, hint=large if reward > 1 else None
        )


@check("td0_gradient", "correct", hint="With discount 0 the next state does not count.")
def test_td0_gradient_at_the_end(learner: Learner, numbers: Numbers) -> None:
    weights, state, reward, next_state, _ = transition(numbers)
    call = (weights, state, reward, next_state, 0.0)
    learner.td0_gradient(*call).close_to(td0_oracle(*call), atol=1e-5)


@check(
    "td0_gradient",
    "correct",
    hint="exp(1000) is infinite. jnp.tanh knows its limits, and its derivative there is 0.",
)
def test_td0_gradient_is_finite_at_saturation(learner: Learner) -> None:
    weights, mild = jnp.array([100.0, 1.0, 0.0]), jnp.array([0.0, 0.5, 1.0])
    for sign in (1.0, -1.0):
        extreme = jnp.array([10.0 * sign, 0.0, 1.0])
        for state, next_state in ((extreme, mild), (mild, extreme)):
            call = (weights, state, jnp.float32(2.0), next_state, jnp.float32(0.5))
            learner.td0_gradient(*call).finite().close_to(td0_oracle(*call))


@check(
    "td0_gradient",
    "jit",
    hint="Reward and discount are traced numbers: compute with them, branch on neither.",
)
def test_td0_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [transition(numbers), transition(numbers)]
    calls.append((*calls[0][:4], jnp.float32(0.0)))
    agrees_once(learner.td0_gradient.jit(), calls, td0_oracle, atol=1e-5)


@check("td0_gradient", "jit", hint="Write it for one transition of shape (d,); the batch is vmap's business.")
def test_td0_gradient_lifts_over_transitions(learner: Learner, numbers: Numbers) -> None:
    weights, states, rewards, next_states = (numbers.normal(shape) for shape in (3, (5, 3), 5, (5, 3)))
    discount = jnp.float32(0.9)
    lifted = learner.td0_gradient.vmap(in_axes=(None, 0, 0, 0, None)).jit()
    rows = zip(wide(states), wide(rewards), wide(next_states), strict=True)
    expected = np.stack([td0_oracle(weights, *row, discount) for row in rows])
    lifted(weights, states, rewards, next_states, discount).close_to(expected, atol=1e-5)
