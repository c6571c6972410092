"""Deeper checks of lion."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day11_optax.lion.checks import lion_oracle
from grader.days.day11_optax.shared import handed_numbers, stepwise
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "lion",
    "deeper",
    hint="-learning_rate · sign(0.9 m + 0.1 g), then m' = 0.99 m + 0.01 g from the old m; gradients of any size, in any tree.",
)
def test_lion_in_many_cases(learner: Learner, draw: Draw) -> None:
    small, large = draw.one_of((0.1, 10.0), (1e-20, 1e-18), (1e8, 1e12))
    gradients = [
        (draw.floats(2, magnitudes=(small, large)), [{"w": draw.floats(magnitudes=(small, large))}])
        for _ in range(4)
    ]
    rate = draw.floats(magnitudes=(1e-6, 1e3), low=0)
    expected, margin = lion_oracle(gradients, float(rate))
    if margin < 1e-6 * large:  # float32 and float64 may differ in a sign
        return
    found = handed_numbers(learner.lion, gradients[-1], gradients, (rate,))
    for updates, wanted in zip(found, expected, strict=True):
        updates.close_to(wanted, atol=0)


@check(
    "lion",
    "deeper",
    hint="m forgets a hundredth in each step: after a thousand steps, too, it is 0.99 m + 0.01 g.",
)
def test_lion_goes_on_long(learner: Learner, numbers: Numbers) -> None:
    margin = 0.0
    while margin < 1e-5:
        gradients = [{"w": numbers.normal(3, 1.0, 0.1)} for _ in range(400)]
        expected, margin = lion_oracle(gradients, 0.5)
    found = stepwise(learner.lion, (0.5,), {"w": jnp.full(3, 9.0)}, gradients)
    for k in range(400):
        found[k].close_to(expected[k])


@check(
    "lion", "deeper", hint="Where nothing has pulled yet nothing moves, and one number's pull is no other's."
)
def test_lion_keeps_numbers_apart(learner: Learner) -> None:
    gradients = [{"w": jnp.array([0.0, 1e30, -1e-30])} for _ in range(3)]
    for updates in stepwise(learner.lion, (0.5,), {"w": jnp.full(3, 9.0)}, gradients):
        updates.equals({"w": np.array([0.0, -0.5, 0.5])})
