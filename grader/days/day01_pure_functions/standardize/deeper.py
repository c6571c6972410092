"""The deeper look at standardize."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day01_pure_functions.standardize.checks import standardize_oracle
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "standardize",
    "deeper",
    hint="Each column has a mean and a deviation of its own, in its own units; eps is added to the deviation as it is.",
)
def test_standardize_in_many_cases(learner: Learner, draw: Draw) -> None:
    (n, d), eps = draw.one_of(((2, 3), 1e-6), ((3, 3), 0.5), ((1, 3), 1e-6), ((5, 1), 1e-3), ((200, 2), 1e-6))
    spread = np.asarray(draw.floats(d, magnitudes=(1e-6, 1e3)), np.float64)
    distance = np.asarray(draw.floats(d, low=-300, high=300), np.float64)  # of the mean from 0, in spreads
    # Rows that are apart in any case: a deviation that is nothing but rounding tells nothing.
    rows = np.arange(n)[:, None] + 0.3 * np.asarray(draw.floats((n, d), low=-1, high=1))
    if draw.one_of(False, True):
        rows[0] = 1e4  # one of 200 is far out: it comes to 14
    x = jnp.asarray(spread * (distance + rows), jnp.float32)
    result = learner.standardize.jit(static_argnames="eps")(x, eps=eps)
    # A number at such a distance is rounded by so much of a spread.
    result.close_to(standardize_oracle(x, eps), atol=1e-5 + 2e-6 * float(np.abs(distance).max()))


@check(
    "standardize",
    "deeper",
    hint="One number far out among many comes to as many deviations as it is: nothing is clipped.",
)
def test_standardize_keeps_what_is_far_out(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((5000, 2)).at[17].set(jnp.array([1e4, -1e4]))  # √5000 deviations
    learner.standardize(x).close_to(standardize_oracle(x, 1e-6), rtol=1e-4, atol=1e-4)
