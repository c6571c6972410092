"""The deeper look at histogram."""

from __future__ import annotations

import jax.numpy as jnp

from grader.days.day02_indexed_updates.histogram.checks import histogram_oracle
from grader.toolkit import Draw, Kind, Learner, check


@check(
    "histogram",
    "deeper",
    hint="Whatever the dtype and the order of the indices: counts are int32, and begin as jnp.zeros(n_bins, int).",
)
def test_histogram_in_many_cases(learner: Learner, draw: Draw) -> None:
    count, n_bins, dtype = draw.one_of((7, 5, "int32"), (300, 5, "int8"), (300, 17, "int16"))
    indices = draw.integers((count,), -n_bins - 2, 2 * n_bins, dtype)
    counts = learner.histogram.jit(static_argnames="n_bins")(indices, n_bins=n_bins)
    counts.equals(histogram_oracle(indices, n_bins))
    counts.require(
        counts.value.dtype == jnp.int32,
        "has the wrong dtype",
        expected="i32",
        got=str(counts.value.dtype),
        kind=Kind.DTYPE,
    )
