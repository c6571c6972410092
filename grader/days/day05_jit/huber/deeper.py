"""Deeper checks of huber."""

from __future__ import annotations

import math

from grader.days.day05_jit.huber.checks import huber_oracle
from grader.toolkit import Draw, Learner, check


@check("huber", "deeper", hint="Up to |x| = delta half the square, beyond it the line, at every scale.")
def test_huber_in_many_cases(learner: Learner, draw: Draw) -> None:
    x = draw.floats((4,), magnitudes=(1e-12, 1e15), special=(0.0, -0.0, math.inf, -math.inf))
    delta = draw.floats((), magnitudes=(1e-9, 1e9), low=0)
    learner.huber.jit()(x, delta).close_to(huber_oracle(x, delta), atol=0.0)
