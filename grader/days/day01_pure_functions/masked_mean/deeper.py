"""The deeper look at masked_mean."""

from __future__ import annotations

import numpy as np

from grader.days.day01_pure_functions.masked_mean.checks import MANY, masked_mean_oracle
from grader.toolkit import Draw, Learner, Numbers, check, compiled_if_possible


@check(
    "masked_mean",
    "deeper",
    hint="What lies under a False counts nowhere; what lies under a True counts as it is, whatever it is.",
)
def test_masked_mean_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = draw.one_of(3, 1, 2, 17)
    x = draw.floats(n, magnitudes=(1e-7, 1e6), special=(np.nan, np.inf, -np.inf, 0.0))
    mask = draw.booleans(n)
    kept = np.abs(np.asarray(x)[np.asarray(mask)])
    largest = float(np.max(kept[np.isfinite(kept)], initial=0.0))
    with np.errstate(invalid="ignore"):
        expected = masked_mean_oracle(x, mask)
    # Entries of both signs cancel; each is rounded at its own size.
    learner.masked_mean.jit()(x, mask).close_to(expected, atol=1e-12 + 2e-6 * largest)


@check(
    "masked_mean",
    "deeper",
    hint="Count in int32 or float32: float16 stands still at 2048, and 16 bits end at 65,535.",
)
def test_masked_mean_counts_past_16_bits(learner: Learner, numbers: Numbers) -> None:
    x, mask = numbers.normal(MANY, mean=1.0), numbers.booleans(MANY, 0.98)
    # A running sum of 70,000 is rounded 70,000 times, by a few thousandths at most.
    result = compiled_if_possible(learner.masked_mean, x, mask)
    result.close_to(masked_mean_oracle(x, mask), rtol=1e-4)
