"""Checks of softmax."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, agrees_once, bans, check, wide


def softmax_oracle(x: Any, axis: int = -1) -> Array:
    logits = wide(x)
    weights = np.exp(logits - logits.max(axis=axis, keepdims=True))
    probabilities: Array = weights / weights.sum(axis=axis, keepdims=True)
    return probabilities


@check("softmax", "correct", hint="Exponentiate, then divide by the sum of the exponentials.")
def test_softmax_by_hand(learner: Learner) -> None:
    x = jnp.asarray(np.log([1.0, 3.0, 4.0]), jnp.float32)
    learner.softmax(x).close_to([0.125, 0.375, 0.5])


@check(
    "softmax",
    "correct",
    hint="exp(10000) is infinite and exp(-10000) is 0. Subtract the largest logit before you exponentiate, and never add it "
    "back: beside 10000 the small numbers lose their digits.",
)
def test_softmax_survives_huge_logits(learner: Learner) -> None:
    for logits in ([1e4, 9999.0, -1e4], [-1e4, -9999.0, -1e4]):
        x = jnp.array(logits)
        learner.softmax(x).close_to(softmax_oracle(x))


@check(
    "softmax",
    "correct",
    hint="A probability of 1e-25 is not 0, and not 1e-7: nothing is to be clipped, rounded away or added.",
)
def test_softmax_keeps_small_probabilities(learner: Learner) -> None:
    for logits in ([0.0, -20.0, -58.0], [7940.0, 8000.0, 7999.0]):
        x = jnp.array(logits)
        # Logarithms of such probabilities have the size 60: each of their roundings counts 4e-6.
        learner.softmax(x).close_to(softmax_oracle(x), rtol=2e-5, atol=0)


@check(
    "softmax",
    "correct",
    hint="Reduce along `axis` alone, with keepdims=True in both reductions, so that the results broadcast "
    "against x.",
)
def test_softmax_follows_the_axis(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((5, 3), scale=2.0)
    for axis in (0, 1):
        learner.softmax(x, axis=axis).close_to(softmax_oracle(x, axis))


@check(
    "softmax",
    "correct",
    hint="One shift for the whole array lets a row far below it vanish: all its exponentials are 0. Take "
    "the maximum along the axis, for each row its own.",
)
def test_softmax_shifts_each_row_by_its_own_maximum(learner: Learner) -> None:
    x = jnp.array(
        [[1e4, 9999.0, 9998.0], [0.0, 1.0, 2.0], [-1e4, -9999.0, -9998.0], [-1e4, 0.0, 1e4], [3.0, 3.0, 3.0]]
    )
    learner.softmax(x, axis=1).close_to(softmax_oracle(x, 1))


@check(
    "softmax",
    "correct",
    hint="An axis in the middle is reduced like any other; a negative one counts from the end.",
)
def test_softmax_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((2, 17, 3), scale=5.0)
    learner.softmax(x, axis=-2).close_to(softmax_oracle(x, -2))


@check(
    "softmax",
    "correct",
    hint="The library has it; here you write it. jnp.max, jnp.exp and jnp.sum are enough.",
)
def test_softmax_keeps_to_its_rules(learner: Learner) -> None:
    bans(learner.softmax, "jax.nn", "jax.scipy", on=(jnp.arange(7.0),))


@check(
    "softmax",
    "jit",
    hint="Subtract the maximum always, not only when the logits are large; then there is nothing to ask.",
)
def test_softmax_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.softmax.jit(static_argnames="axis")
    xs = [numbers.normal((5, 3)), numbers.normal((5, 3), scale=5000.0)]
    agrees_once(compiled, [(x,) for x in xs], softmax_oracle, axis=0)
