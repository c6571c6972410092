"""The deeper look at noise_at: a million numbers tell what thousands do not."""

from __future__ import annotations

import math

import numpy as np

from grader.days.day03_random_keys.shared import margin, must_not_repeat, shares_must_be
from grader.toolkit import (
    RISK,
    Array,
    Called,
    Draw,
    Learner,
    Numbers,
    check,
)


def must_follow_the_normal_law(called: Called, complaint: str, values: Array) -> None:
    """A million values or more have the centre, the width, the shape and the tails of the normal law. Raises WrongAnswer."""
    values = np.asarray(values).ravel()
    n = len(values)
    bounds = np.linspace(-4, 4, 161)
    counts, _ = np.histogram(values, np.concatenate([[-np.inf], bounds, [np.inf]]))
    below = np.cumsum(counts[:-1]) / n
    wanted = np.array([0.5 * math.erfc(-bound / math.sqrt(2)) for bound in bounds])
    distance, allowed = float(np.abs(below - wanted).max()), math.sqrt(math.log(2 / RISK) / (2 * n))
    mean, variance = float(values.mean(dtype=np.float64)), float(values.var(dtype=np.float64))
    # The sum of so many is normal itself: seven deviations have a probability of 3e-12.
    centred = abs(mean) <= 7 / math.sqrt(n) and abs(variance - 1) <= 7 * math.sqrt(2 / n)
    called.require(
        distance <= allowed and centred,
        complaint,
        expected="mean 0, deviation 1, in the shape of a bell",
        got=f"mean {mean:.3g}, deviation {math.sqrt(variance):.4g}\n"
        f"{distance:.2g} away from the normal curve (chance: {allowed:.2g})",
    )
    for bound in (2.0, 3.0, 3.5, 4.0):
        names = [f"above {bound:g}", f"below -{bound:g}"]
        shares = np.array([np.mean(values > bound), np.mean(values < -bound)])
        shares_must_be(called, complaint, names, shares, np.full(2, 0.5 * math.erfc(bound / math.sqrt(2))), n)


MANY = (2048, 1024)  # two million: shares come out to within a few thousandths


@check(
    "noise_at",
    "deeper",
    hint="The noise is what jax.random.normal draws, with nothing scaled, clipped, rounded or added.",
)
def test_noise_at_has_the_tails_of_the_normal_law(learner: Learner, numbers: Numbers) -> None:
    called = learner.noise_at.jit(static_argnames="shape")(numbers.key(), 3, shape=MANY)
    must_follow_the_normal_law(called, "is not standard normal", called.value)
    must_not_repeat(called, "repeats itself", np.sign(called.value[:256]), 1.0)


@check(
    "noise_at",
    "deeper",
    hint="No part of the noise may be common to two steps: all of it comes from a key into which the step went.",
)
def test_noise_at_steps_share_nothing(learner: Learner, numbers: Numbers) -> None:
    key, noise = numbers.key(), learner.noise_at.jit(static_argnames="shape")
    first, *others = (np.sign(noise(key, step, shape=MANY).value, dtype=np.float32) for step in (0, 1, 12345))
    for step, other in zip((1, 12345), others, strict=True):
        correlation, allowed = float(np.mean(first * other)), margin(first.size, 1.0, 2)
        called = noise(key, step, shape=MANY)
        called.require(
            abs(correlation) <= allowed,
            "is not independent of another draw",
            expected=f"no correlation with step 0 (chance: {allowed:.2g})",
            got=f"{correlation:.2g} between the signs",
        )


@check(
    "noise_at", "deeper", hint="Draw the shape that is asked for, whatever it is, from the step's own key."
)
def test_noise_at_in_many_shapes(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((3,), (), (0,), (1, 1), (2, 0, 3), (2, 1, 3))
    key, step = draw.key(), draw.one_of(draw.integer(0, 20), draw.integer(0, 2**31 - 1))
    noise = learner.noise_at.jit(static_argnames="shape")
    called = noise(key, step, shape=shape)
    came = called.value.shape
    called.require(came == shape, "has another shape", expected=f"shape {shape}", got=f"shape {came}")
    other = noise(key, (step + 1) % 2**31, shape=shape)
    # Two float32 normals are equal once in some millions: that all of six are does not happen.
    same = called.value.size == 6 and np.array_equal(called.value, other.value)
    other.require(not same, "repeats the step before", expected="other noise at each step", got="the same")
