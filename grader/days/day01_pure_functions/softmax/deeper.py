"""The deeper look at softmax."""

from __future__ import annotations

from grader.days.day01_pure_functions.softmax.checks import softmax_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "softmax",
    "deeper",
    hint="Subtract the maximum along the axis, exponentiate, divide by the sum: with nothing clipped, added or left out.",
)
def test_softmax_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, axis = draw.one_of(((3,), 0), ((1, 4), -1), ((1, 4), 0), ((3, 3), 0), ((2, 5, 3), -2))
    if draw.one_of("near", "far") == "near":
        x = draw.floats(shape, low=-60, high=60)
    else:
        x = draw.floats(shape, magnitudes=(1e-3, 1e4))
    # Differences of 80 are rounded by 4e-6, and so much is every exponential off. Below 1e-36 float32 ends.
    result = learner.softmax.jit(static_argnames="axis")(x, axis=axis)
    result.close_to(softmax_oracle(x, axis), rtol=3e-5, atol=1e-36)
