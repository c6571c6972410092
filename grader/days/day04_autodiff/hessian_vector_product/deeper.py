"""The deeper look at hessian_vector_product."""

from __future__ import annotations

import numpy as np

from grader.days.day04_autodiff.hessian_vector_product.checks import knot_product_oracle
from grader.days.day04_autodiff.shared import knot, sum_of_cubes
from grader.toolkit import Draw, Learner, check, wide


@check(
    "hessian_vector_product",
    "deeper",
    hint="H v is linear in v: a small v gives a small product, and a large one a large product, both exact.",
)
def test_hessian_vector_product_in_many_cases(learner: Learner, draw: Draw) -> None:
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    n = draw.one_of(3, 1, 2, 17)
    v = draw.floats(n, magnitudes=(1e-6, 1e6))
    longest = float(np.abs(np.asarray(v)).max())
    if draw.one_of("cubes", "knot") == "cubes" or n == 1:
        x = draw.floats(n, magnitudes=(1e-7, 1e3))
        expected = 6 * wide(x) * wide(v)
        handle(sum_of_cubes, x, v).close_to(expected, rtol=2e-6, atol=0)
    else:
        x = draw.floats(n, low=-2, high=2)
        # A few products of sines with numbers of size 4, and the sum of n of them.
        handle(knot, x, v).close_to(knot_product_oracle(x, v), atol=1e-5 * n * longest)
