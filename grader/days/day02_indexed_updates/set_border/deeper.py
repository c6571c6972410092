"""The deeper look at set_border."""

from __future__ import annotations

from grader.days.day02_indexed_updates.set_border.checks import border_oracle
from grader.days.day02_indexed_updates.shared import sizes_of
from grader.toolkit import Draw, Learner, check


@check(
    "set_border",
    "deeper",
    hint="First and last row, first and last column, which may be one and the same; all else stays, and so does the dtype.",
)
def test_set_border_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, dtype = draw.one_of(
        ((4, 4), "float32"),
        ((1, 1), "float32"),
        ((1, 5), "float16"),
        ((4, 1), "float32"),
        ((3, 5), "bfloat16"),
        ((5, 4), "float16"),
    )
    grid, value = (
        draw.floats(shape, dtype=dtype, magnitudes=sizes_of(dtype)),
        draw.floats(magnitudes=sizes_of(dtype)),
    )
    learner.set_border.jit()(grid, value).equals(border_oracle(grid, value))
