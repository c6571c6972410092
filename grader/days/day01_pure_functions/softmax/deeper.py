"""The deeper look at softmax."""

from __future__ import annotations

from grader.days.day01_pure_functions.softmax.checks import softmax_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "softmax",
    "deeper",
    hint="One formula does for all logits: subtract the maximum along the axis, exponentiate, divide by the sum.",
)
def test_softmax_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, axis = draw.one_of(((3,), 0), ((2, 17, 3), -2), ((1, 4), 1))
    x = draw.floats(shape, magnitudes=(1e-7, 1e4))
    learner.softmax(x, axis=axis).close_to(softmax_oracle(x, axis))
