"""The deeper look at swap_rows."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import sizes_of
from grader.days.day02_indexed_updates.swap_rows.checks import swap_rows_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "swap_rows", "deeper", hint="The two rows change places, whichever they are; all else stays, bit for bit."
)
def test_swap_rows_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, m, dtype = draw.one_of(
        (3, 2, "float32"),
        (1, 3, "float16"),
        (2, 2, "float32"),
        (5, 5, "bfloat16"),
        (300, 1, "float32"),
    )
    matrix = draw.floats((n, m), dtype=dtype, magnitudes=sizes_of(dtype), special=(np.nan, np.inf, -0.0))
    i, j = draw.integer(-n, n - 1), draw.integer(-n, n - 1)
    result = learner.swap_rows.jit()(matrix, jnp.int32(i), jnp.int32(j))
    expected = swap_rows_oracle(matrix, i, j)
    result.equals(expected)
    numbers = ~np.isnan(expected)
    same = np.signbit(np.asarray(result.value)) == np.signbit(expected)
    result.require(same[numbers].all(), "has lost a sign", expected="-0.0", got="0.0")
