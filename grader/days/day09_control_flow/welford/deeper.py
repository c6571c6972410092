"""Deeper checks of welford."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import close_in_scale
from grader.days.day09_control_flow.welford.checks import welford_oracle
from grader.toolkit import Array, Draw, Learner, Numbers, check, slope_agrees, wide


@check("welford", "deeper", hint="Mean and variance of the first k values, for each k, in any unit.")
def test_welford_in_many_cases(learner: Learner, draw: Draw) -> None:
    length = draw.one_of(3, 1, 12, 33)
    unit = 10.0 ** draw.one_of(0, -6, 6, -3, 3)
    x = jnp.asarray(unit * (wide(draw.floats(length)) + draw.integer(-20, 20)), jnp.float32)
    means, variances = welford_oracle(x)
    result = learner.welford.jit()(x)
    close_in_scale(result[0], means, 1e-5)
    # A mean is right to some roundings of the largest value; the variance feels that times the largest difference.
    largest, spread = float(np.abs(wide(x)).max()), float(np.ptp(wide(x)))
    result[1].close_to(variances, rtol=1e-4, atol=1e-5 * largest * spread + 1e-10 * largest**2)


def running(x: object) -> tuple[Array, Array]:
    """What welford_oracle gives, for many values: by sums in float64, which need no more digits than that has."""
    values = wide(x)
    counts = np.arange(1, len(values) + 1)
    means = np.cumsum(values) / counts
    return means, np.cumsum(values**2) / counts - means**2


@check(
    "welford",
    "deeper",
    hint="Each value counts for as much as any other, 1 / k, the first one as well after 70,000 others: no window, no least"
    " rate.",
)
def test_welford_remembers_long(learner: Learner, numbers: Numbers) -> None:
    # More values than a 16-bit count holds. They grow, so that it shows when some are forgotten.
    length = 70_001
    x = numbers.uniform(0.0, 1.0, length) + jnp.linspace(0.0, 3.0, length)
    close_in_scale(learner.welford.jit()(x), running(x), 2e-3)


@check("welford", "deeper", hint="Values have derivatives: nothing may hold them up.")
def test_welford_has_derivatives(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(learner.welford.jit(), running, numbers.normal(33, 3.0, 1.0), forward=True)
