"""Deeper checks of batch_standardize."""

from __future__ import annotations

import math

import numpy as np

from grader.days.day06_vmap.batch_standardize.checks import standardize_oracle
from grader.days.day06_vmap.shared import ATOL
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "batch_standardize",
    "deeper",
    hint="Centre by the mean of the batch, divide by the root of variance + 1e-5, at every scale, and leave that as it is: "
    "clip nothing.",
)
def test_batch_standardize_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((2, 2), (3, 3), (1, 2), (5, 2), (4, 1, 2))
    xs = draw.floats(shape, magnitudes=(1e-7, 1e5))
    # Rounding of the mean is divided by the deviation, as everything is.
    centred = wide(xs) - wide(xs).mean(axis=0)
    deviations = np.sqrt((centred**2).mean(axis=0) + 1e-5)
    noise = float((np.abs(wide(xs)).max(axis=0) / deviations).max())
    learner.batch_standardize.vmap(axis_name="batch").jit()(xs).close_to(
        standardize_oracle(xs), rtol=1e-4, atol=ATOL + 2e-6 * noise
    )


@check("batch_standardize", "deeper", hint="The mean is over all examples, however many there are.")
def test_batch_standardize_takes_many_examples(learner: Learner, numbers: Numbers) -> None:
    xs = numbers.normal((5000, 2), scale=3.0)
    learner.batch_standardize.vmap(axis_name="batch").jit()(xs).close_to(
        standardize_oracle(xs), atol=10 * ATOL
    )


@check("batch_standardize", "deeper", hint="One NaN spoils its own feature, and no other.")
def test_batch_standardize_lets_a_nan_pass(learner: Learner, draw: Draw) -> None:
    xs = draw.floats((3, 2), low=-2.0, high=2.0, special=(math.nan,))
    learner.batch_standardize.vmap(axis_name="batch").jit()(xs).close_to(
        standardize_oracle(xs), rtol=1e-4, atol=1e-3
    )


@check(
    "batch_standardize",
    "deeper",
    hint="The statistics depend on the batch, and gradients run through them: stop them nowhere.",
)
def test_batch_standardize_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(
        learner.batch_standardize.vmap(axis_name="batch").jit(), standardize_oracle, numbers.normal((4, 3))
    )
