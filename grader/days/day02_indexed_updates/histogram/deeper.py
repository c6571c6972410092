"""The deeper look at histogram."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.histogram.checks import histogram_oracle
from grader.toolkit import Draw, Kind, Learner, Numbers, check, compiled_if_possible


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


@check(
    "histogram",
    "deeper",
    hint="Count in int32. bfloat16 stands still at 256, float16 at 2048, and 16 bits end at 65,535.",
)
def test_histogram_counts_past_16_bits(learner: Learner, numbers: Numbers) -> None:
    often = np.asarray(numbers.booleans(70_001, 0.97))
    indices = jnp.asarray(np.where(often, 2, np.asarray(numbers.integers(-3, 8, 70_001))))
    result = compiled_if_possible(learner.histogram, indices, 6, static="n_bins")
    result.equals(histogram_oracle(indices, 6))
