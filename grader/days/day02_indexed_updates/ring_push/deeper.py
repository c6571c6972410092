"""The deeper look at ring_push."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import sizes_of
from grader.toolkit import Draw, Kind, Learner, check


@check(
    "ring_push",
    "deeper",
    hint="One place changes, the one under the cursor; the cursor goes on by one, from the last place to 0.",
)
def test_ring_push_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, dtype, cursor_dtype = draw.one_of(
        ((3,), "float32", "int32"),
        ((1,), "float32", "int32"),
        ((2, 2), "float16", "int8"),
        ((127, 1), "float32", "int8"),
        ((300, 1), "float32", "int32"),
        ((2, 3, 2), "float16", "int16"),
    )
    special = (np.nan, np.inf)
    ring = draw.floats(shape, dtype=dtype, magnitudes=sizes_of(dtype), special=special)
    item = draw.floats(shape[1:], magnitudes=sizes_of(dtype), special=special)
    place = draw.one_of(shape[0] - 1, draw.integer(0, shape[0] - 1))
    expected = np.array(ring)
    expected[place] = np.asarray(item).astype(expected.dtype)
    result = learner.ring_push.jit()(ring, jnp.asarray(place, cursor_dtype), item)
    result.equals((expected, (place + 1) % shape[0]))
    came = result.value[1].dtype.name
    result[1].require(
        came == cursor_dtype, "changed the dtype", expected=cursor_dtype, got=came, kind=Kind.DTYPE
    )
