"""Checks of accumulate."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day11_optax.shared import (
    ADAM,
    ADAMW,
    MOMENTUM,
    Tree,
    adamw_oracle,
    close,
    compiled_updates_of,
    updates_of,
)
from grader.toolkit import Called, Learner, Named, Numbers, check, own_hint, raised


def vectors(numbers: Numbers, n: int) -> list[Tree]:
    return [{"w": numbers.normal(3)} for _ in range(n)]


def accumulated(
    learner: Learner, optimizer: Named, k: int, params: Sequence[Tree], gradients: Sequence[Tree]
) -> list[Called]:
    # Without jit also within: the `cond` of a MultiSteps is compiled anew at every eager call.
    with jax.disable_jit():
        return updates_of(learner.accumulate, (optimizer, k), params, gradients)


@check(
    "accumulate",
    "correct",
    hint="Nothing moves before the k-th gradient; then the optimiser gets the mean of the k, not their sum.",
)
def test_accumulate_by_hand(learner: Learner) -> None:
    gradients = [{"w": jnp.array(g)} for g in ([1.0, 0.0, 2.0], [3.0, 0.0, -2.0])]
    params = [{"w": jnp.zeros(3)}] * 2
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 2, params, gradients)
    close(found, [{"w": np.zeros(3)}, {"w": np.array([-1.0, 0.0, 0.0])}])


@check(
    "accumulate", "correct", hint="After the k-th gradient begin at zero again, in the count and in the sum."
)
def test_accumulate_starts_over(learner: Learner, numbers: Numbers) -> None:
    pulls = [{"w": jnp.full(3, pull)} for pull in (1.0, 3.0, 5.0, 7.0)]
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 2, [pulls[0]] * 4, pulls)
    close(found, [{"w": np.full(3, update)} for update in (0.0, -1.0, 0.0, -3.0)])
    gradients = vectors(numbers, 7)
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 3, [gradients[0]] * 7, gradients)
    expected = [{"w": np.zeros(3)} for _ in range(7)]
    for last in (2, 5):
        expected[last] = {
            "w": -0.5 * np.mean([np.asarray(g["w"]) for g in gradients[last - 2 : last + 1]], axis=0)
        }
    close(found, expected)


@check(
    "accumulate",
    "correct",
    hint="Keep gradients, not updates: the optimiser itself, its moments and its count, takes one step a round, and "
    "sees the parameters.",
)
def test_accumulate_equals_large_batches(learner: Learner, numbers: Numbers) -> None:
    gradients, params = vectors(numbers, 6), vectors(numbers, 6)
    means = [{"w": np.mean([np.asarray(g["w"]) for g in gradients[k : k + 2]], axis=0)} for k in (0, 2, 4)]
    large = adamw_oracle(params[1::2], means, [0.5] * 3, 0.1)
    with own_hint(raised(text="requires the current value of parameters")):
        found = accumulated(learner, ADAMW, 2, params, gradients)
    close(found, [large[k // 2] if k % 2 else {"w": np.zeros(3)} for k in range(6)], rtol=ADAM)


@check(
    "accumulate",
    "correct",
    hint="The mean of numbers with a NaN among them is NaN: leave none out, and replace none. It is to be noticed.",
)
def test_accumulate_lets_nan_through(learner: Learner) -> None:
    gradients = [{"w": jnp.array([3.0, 1.0, 2.0])}, {"w": jnp.array([1.0, jnp.nan, -2.0])}]
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 2, [gradients[0]] * 2, gradients)
    close(found, [{"w": np.zeros(3)}, {"w": np.array([-1.0, np.nan, 0.0])}])


@check("accumulate", "correct", hint="With k = 1 every gradient is a round of its own.")
def test_accumulate_is_the_optimizer_for_one(learner: Learner, numbers: Numbers) -> None:
    gradients = vectors(numbers, 2)
    found = accumulated(learner, Named("sgd(0.5)", optax.sgd(0.5)), 1, [gradients[0]] * 2, gradients)
    close(found, [{"w": -0.5 * np.asarray(g["w"])} for g in gradients])


@check(
    "accumulate",
    "jit",
    hint="Count in the state, with an int32 array, and let jnp.where or lax.cond decide: a trace sees no numbers.",
)
def test_accumulate_compiles_once(learner: Learner, numbers: Numbers) -> None:
    gradients, params = vectors(numbers, 2), vectors(numbers, 2)
    mean = {"w": (np.asarray(gradients[0]["w"]) + np.asarray(gradients[1]["w"])) / 2}
    found = compiled_updates_of(learner.accumulate, [(), ()], params, gradients, MOMENTUM, 2)
    close(found, [{"w": np.zeros(3)}, {"w": -0.25 * mean["w"]}])
