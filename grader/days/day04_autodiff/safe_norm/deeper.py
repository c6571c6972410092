"""The deeper look at safe_norm."""

from __future__ import annotations

import numpy as np

from grader.days.day04_autodiff.safe_norm.checks import norm_gradient_oracle, norm_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "safe_norm",
    "deeper",
    hint="√(Σ x²) and x / |x| at every size from 1e-15 to 1e15: no epsilon, no threshold, and 0 at the origin alone.",
)
def test_safe_norm_in_many_cases(learner: Learner, draw: Draw) -> None:
    x = draw.floats(draw.one_of(3, 1, 17), magnitudes=(1e-15, 1e15), special=(0.0,))
    learner.safe_norm.jit()(x).close_to(norm_oracle(x), atol=0)
    gradient = learner.safe_norm.grad().jit()(x).finite()
    # Squares of numbers that are far smaller than the largest vanish beside it.
    gradient.close_to(norm_gradient_oracle(x), atol=1e-6)
    if not np.any(np.asarray(x)):
        gradient.equals(np.zeros(x.shape, np.float32))
