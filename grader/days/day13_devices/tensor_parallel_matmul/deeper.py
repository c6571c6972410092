"""The deeper look at tensor_parallel_matmul."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Draw, Learner, check, compiled_if_possible, wide


@check(
    "tensor_parallel_matmul",
    "deeper",
    hint="Matrices of any shape, as long as the devices divide the inner axis: one row, one column, one number for each device;"
    " in any unit.",
)
def test_tensor_parallel_matmul_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = jax.device_count()
    m, k, p = draw.one_of((1, n, 1), (n + 1, 3 * n, 2), (2, 2 * n, n + 3))
    unit = jnp.float32(10.0 ** draw.one_of(0, -7))
    x, w = (draw.floats(shape, magnitudes=(1e-4, 1e4)) * unit for shape in ((m, k), (k, p)))
    called = compiled_if_possible(learner.tensor_parallel_matmul, x, w)
    scale = float(np.abs(np.asarray(x)).max()) * float(np.abs(np.asarray(w)).max())
    called.close_to(wide(x) @ wide(w), rtol=1e-4, atol=1e-5 * scale)


@check(
    "tensor_parallel_matmul",
    "deeper",
    hint="A NaN in x is in all of its row of the product, one in w in all of its column: each device's part is taken as it is.",
)
def test_tensor_parallel_matmul_lets_nan_through(learner: Learner) -> None:
    n = jax.device_count()
    x, w = np.ones((2, 2 * n), np.float32), np.ones((2 * n, n + 3), np.float32)
    x[0, -1], w[1, 2] = np.nan, np.nan
    called = compiled_if_possible(learner.tensor_parallel_matmul, jnp.asarray(x), jnp.asarray(w))
    called.close_to(wide(x) @ wide(w))
