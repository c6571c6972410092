"""The deeper look at laplacian."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.laplacian.checks import knot_laplacian_oracle
from grader.days.day04_autodiff.shared import knot, sum_of_cubes
from grader.toolkit import Draw, Learner, check, wide


@check(
    "laplacian",
    "deeper",
    hint="The sum of all n second derivatives, each by one coordinate twice: none left out, none beside the diagonal.",
)
def test_laplacian_in_many_cases(learner: Learner, draw: Draw) -> None:
    handle = learner.laplacian.jit(static_argnames="function")
    n = draw.one_of(3, 1, 2, 200)
    if draw.one_of("cubes", "knot") == "cubes" or n == 1:
        x = draw.floats(n, magnitudes=(1e-7, 1e3))
        largest = float(np.abs(np.asarray(x)).max())
        handle(sum_of_cubes, x).close_to(np.asarray(6 * wide(x).sum()), atol=6e-6 * n * largest)
    else:
        x = draw.floats(n, low=-2, high=2)
        # Terms of size 8, each with a sine that is rounded.
        handle(knot, x).close_to(knot_laplacian_oracle(x), atol=4e-5 * 9 * n)


@check("laplacian", "deeper", hint="Points far out count as they are.")
def test_laplacian_far_out(learner: Learner) -> None:
    x = jnp.array([700.0, -80.0, 300.0])
    learner.laplacian.jit(static_argnames="function")(sum_of_cubes, x).close_to(np.asarray(6 * 920.0))
