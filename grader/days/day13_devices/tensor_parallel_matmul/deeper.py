"""The deeper look at tensor_parallel_matmul."""

from __future__ import annotations

import jax
import numpy as np

from grader.toolkit import Draw, Learner, check, compiled_if_possible, wide


@check(
    "tensor_parallel_matmul",
    "deeper",
    hint="Matrices of any shape, as long as the devices divide the inner axis: one row, one column, one number for each device.",
)
def test_tensor_parallel_matmul_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = jax.device_count()
    m, k, p = draw.one_of((1, n, 1), (n + 1, 3 * n, 2), (2, 2 * n, n + 3))
    x, w = draw.floats((m, k), magnitudes=(1e-4, 1e4)), draw.floats((k, p), magnitudes=(1e-4, 1e4))
    called = compiled_if_possible(learner.tensor_parallel_matmul, x, w)
    scale = float(np.abs(np.asarray(x)).max()) * float(np.abs(np.asarray(w)).max())
    called.close_to(wide(x) @ wide(w), rtol=1e-4, atol=1e-5 * scale)
