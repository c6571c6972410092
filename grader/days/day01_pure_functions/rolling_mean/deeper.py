"""The deeper look at rolling_mean."""

from __future__ import annotations

import numpy as np

from grader.days.day01_pure_functions.rolling_mean.checks import rolling_mean_oracle
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "rolling_mean",
    "deeper",
    hint="Window i holds x[i] to x[i + window - 1], each with the same weight, and there are n - window + 1 of them.",
)
def test_rolling_mean_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, window = draw.one_of((4, 2), (1, 1), (3, 3), (9, 8), (17, 4))
    x = draw.floats(n, magnitudes=(1e-7, 1e4))
    result = learner.rolling_mean.jit(static_argnames="window")(x, window=window)
    # Differences of running sums round at the size of the sums.
    result.close_to(
        rolling_mean_oracle(x, window), atol=1e-6 * float(np.abs(np.asarray(x, np.float64)).sum())
    )


@check(
    "rolling_mean",
    "deeper",
    hint="Windows may have any length, also one that is no power of two and no divisor of n: count what you add up for this one.",
)
def test_rolling_mean_takes_windows_of_any_length(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(29)
    compiled = learner.rolling_mean.jit(static_argnames="window")
    for window in (3, 6, 7, 11, 13):
        compiled(x, window=window).close_to(rolling_mean_oracle(x, window), atol=2e-5)


@check("rolling_mean", "deeper", hint="Indices go as far as x is long: int16 ends at 32,767.")
def test_rolling_mean_goes_through_long_series(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(40_000)
    # Running sums are rounded at their own size, a few hundred.
    learner.rolling_mean.jit(static_argnames="window")(x, window=2).close_to(
        rolling_mean_oracle(x, 2), atol=0.05
    )
