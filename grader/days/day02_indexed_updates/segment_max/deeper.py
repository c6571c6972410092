"""The deeper look at segment_max."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.segment_max.checks import segment_max_oracle
from grader.days.day02_indexed_updates.shared import draw_indices, sizes_of
from grader.toolkit import Draw, Learner, check


@check(
    "segment_max",
    "deeper",
    hint="Each segment has the largest of its own values, in whatever order they come, and -inf without any.",
)
def test_segment_max_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, n_segments, dtype = draw.one_of(
        (4, 2, "float32"), (1, 1, "float32"), (9, 9, "float16"), (33, 3, "float32"), (5, 300, "bfloat16")
    )
    values = draw.floats(n, dtype=dtype, magnitudes=sizes_of(dtype), special=(np.inf, -np.inf, 0.0))
    segments = draw_indices(draw, n, n_segments)
    result = learner.segment_max.jit(static_argnames="n_segments")(values, segments, n_segments)
    result.equals(segment_max_oracle(values, segments, n_segments))


@check(
    "segment_max", "deeper", hint="A segment may have any number of values: one that has 65,536 is not empty."
)
def test_segment_max_of_crowded_segments(learner: Learner) -> None:
    values, segments = (
        jnp.arange(-(2**16) - 256.0, 0.0),
        jnp.asarray(np.r_[np.zeros(2**16), np.ones(256)], jnp.int32),
    )
    result = learner.segment_max.jit(static_argnames="n_segments")(values, segments, 3)
    result.equals(segment_max_oracle(values, segments, 3))
