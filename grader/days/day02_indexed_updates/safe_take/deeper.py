"""The deeper look at safe_take."""

from __future__ import annotations

import numpy as np

from grader.days.day02_indexed_updates.safe_take.checks import safe_take_oracle
from grader.days.day02_indexed_updates.shared import draw_indices, sizes_of
from grader.toolkit import Draw, Learner, check


@check(
    "safe_take",
    "deeper",
    hint="Items at 0 to n - 1 come as they are, with all that they hold; everything else is the fill, in the dtype of x.",
)
def test_safe_take_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, m, dtype = draw.one_of(
        ((3,), 4, "float32"),
        ((1,), 1, "float16"),
        ((4, 4), 4, "float32"),
        ((2, 1, 3), 9, "float16"),
        ((300, 2), 5, "float32"),
    )
    special = (np.nan, np.inf, -np.inf)
    x = draw.floats(shape, dtype=dtype, magnitudes=sizes_of(dtype), special=special)
    fill = draw.floats(magnitudes=sizes_of(dtype), special=special)
    indices = draw_indices(draw, m, shape[0])
    learner.safe_take.jit()(x, indices, fill).equals(safe_take_oracle(x, indices, fill))
