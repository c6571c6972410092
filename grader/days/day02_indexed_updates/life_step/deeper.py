"""The deeper look at life_step."""

from __future__ import annotations

from grader.days.day02_indexed_updates.life_step.checks import life_oracle
from grader.toolkit import Draw, Kind, Learner, check


@check(
    "life_step",
    "deeper",
    hint="Eight offsets, modulo the sides, on boards of any shape: on a thin one several of them meet one cell.",
)
def test_life_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    (h, w), dtype = draw.one_of(
        ((3, 4), "int32"), ((1, 1), "int32"), ((1, 5), "int8"), ((2, 3), "int32"), ((6, 5), "int16")
    )
    board = draw.booleans((h, w)).astype(dtype)
    result = learner.life_step.jit()(board).equals(life_oracle(board))
    came = result.value.dtype.name
    result.require(came == dtype, "changed the dtype", expected=dtype, got=came, kind=Kind.DTYPE)
