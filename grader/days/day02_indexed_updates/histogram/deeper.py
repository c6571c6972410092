"""The deeper look at histogram."""

from __future__ import annotations

from grader.days.day02_indexed_updates.histogram.checks import histogram_oracle
from grader.days.day02_indexed_updates.shared import draw_indices
from grader.toolkit import Draw, Learner, check


@check("histogram", "deeper", hint="Each index from 0 to n_bins - 1 counts once, and no other counts at all.")
def test_histogram_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, n_bins = draw.one_of((4, 3), (1, 1), (9, 9), (300, 2), (5, 300))
    indices = draw_indices(draw, n, n_bins)
    learner.histogram.jit(static_argnames="n_bins")(indices, n_bins).equals(histogram_oracle(indices, n_bins))
