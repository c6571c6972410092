"""The deeper look at pairwise_squared_distances."""

from __future__ import annotations

import numpy as np

from grader.days.day01_pure_functions.shared import distances_oracle
from grader.toolkit import Draw, Kind, Learner, check


@check(
    "pairwise_squared_distances",
    "deeper",
    hint="Entry [i, j] belongs to row i of x and row j of y, whatever the sizes are, and is never below 0.",
)
def test_pairwise_squared_distances_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, m, d = draw.one_of((2, 3, 1), (1, 1, 1), (3, 3, 3), (1, 4, 5), (5, 2, 9))
    x, y = draw.floats((n, d), magnitudes=(1e-7, 1e4)), draw.floats((m, d), magnitudes=(1e-7, 1e4))
    if n == m and draw.one_of(False, True):
        y = x  # a table and itself
    result = learner.pairwise_squared_distances.jit()(x, y)
    # |x|² + |y|² - 2 x·y, clipped at 0, rounds at the size of the squares.
    squares = float(
        np.sum(np.square(x, dtype=np.float64), 1).max() + np.sum(np.square(y, dtype=np.float64), 1).max()
    )
    result.close_to(distances_oracle(x, y), atol=2e-6 * squares)
    smallest = float(np.asarray(result.value).min())
    result.require(
        smallest >= 0, "has a negative entry", expected="0 or more", got=f"{smallest:.4g}", kind=Kind.VALUE
    )
