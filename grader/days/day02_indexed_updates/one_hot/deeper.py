"""The deeper look at one_hot."""

from __future__ import annotations

from grader.days.day02_indexed_updates.one_hot.checks import one_hot_oracle
from grader.days.day02_indexed_updates.shared import draw_indices
from grader.toolkit import Draw, Learner, check


@check(
    "one_hot",
    "deeper",
    hint="Row k has a 1 at column labels[k], if there is such a column, and zeros everywhere else.",
)
def test_one_hot_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, n_classes = draw.one_of((3, 2), (1, 1), (3, 3), (2, 300), (300, 2))
    labels = draw_indices(draw, n, n_classes)
    result = learner.one_hot.jit(static_argnames="n_classes")(labels, n_classes)
    result.equals(one_hot_oracle(labels, n_classes))
