"""Deeper checks of bucketed_sum."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.bucketed_sum.checks import quarters
from grader.toolkit import Draw, Learner, Numbers, check, wide


@check("bucketed_sum", "deeper", hint="What you pad with must not change the sum, and all of x must fit.")
def test_bucketed_sum_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = draw.one_of(0, 1, 3, 31, 32, 33, 1024, 1025)
    x = draw.floats((n,), magnitudes=(1e-7, 1e7))
    # Rounding is measured against what is added, not against what is left.
    scale = np.abs(wide(x)).sum()
    learner.bucketed_sum(x).close_to(np.sum(wide(x)), rtol=0.0, atol=1e-5 * float(scale) + 1e-30)


@check("bucketed_sum", "deeper", hint="There is no longest x: where the list of sizes ends, go on.")
def test_bucketed_sum_has_no_last_size(learner: Learner, numbers: Numbers) -> None:
    for n in (4097, 2**14 + 1, 2**16, 2**16 + 1, 2**20 + 1):
        x = np.zeros(n, np.float32)
        x[[0, n // 2, n - 1]] = 1.25, -3.0, 7.5
        learner.bucketed_sum(jnp.asarray(x)).equals(5.75)
        few = quarters(numbers, 5)
        learner.bucketed_sum(few).equals(np.sum(wide(few)))
