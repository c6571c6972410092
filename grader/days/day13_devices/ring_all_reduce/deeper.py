"""The deeper look at ring_all_reduce."""

from __future__ import annotations

import jax
import numpy as np

from grader.toolkit import Draw, Learner, check, compiled_if_possible, wide


@check(
    "ring_all_reduce",
    "deeper",
    hint="Rows of any length, one number too: the arrays go round whole, or in parts that are filled up.",
)
def test_ring_all_reduce_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = jax.device_count()
    x = draw.floats((n, draw.one_of(1, 2 * n + 3)), magnitudes=(1e-6, 1e6))
    called = compiled_if_possible(learner.ring_all_reduce, x)
    near = 1e-5 * float(np.abs(np.asarray(x)).max())
    called.close_to(np.stack([wide(x).sum(axis=0)] * n), atol=near)
