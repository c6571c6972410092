"""The deeper look at ring_all_reduce."""

from __future__ import annotations

import jax
import jax.numpy as jnp
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


@check(
    "ring_all_reduce",
    "deeper",
    hint="What is NaN on one device is NaN in the sum, on all of them, and in its own column alone.",
)
def test_ring_all_reduce_lets_nan_through(learner: Learner) -> None:
    n = jax.device_count()
    x = np.ones((n, 2 * n + 3), np.float32)
    x[n - 1, 1], x[0, 2] = np.nan, np.inf
    expected = np.stack([wide(x).sum(axis=0)] * n)
    compiled_if_possible(learner.ring_all_reduce, jnp.asarray(x)).close_to(expected)
