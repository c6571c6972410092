"""The rate step by step: with a warmup and beyond the end, without a warmup, and the last steps on a logarithmic axis.

The warmup is short enough to see its steps, and a third of the whole, so that a fall that is measured from elsewhere jumps
at the corner or ends elsewhere. Steps go on after the end, where a cosine would come up again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.scenes import Scene, chart, points, quick


def draw(warmup_cosine: Any) -> list[Any]:
    """One call a step, as a training loop makes it."""
    run = quick(warmup_cosine, static=("warmup_steps", "total_steps"))

    def rates(steps: Any, warmup: int, total: int) -> Any:
        return np.array([np.asarray(run(int(step), 2.0, warmup, total)) for step in steps])

    whole, few = np.arange(41), np.arange(14)
    found, without = rates(whole, 10, 30), rates(few, 0, 10)
    return [
        chart("10 steps of warmup, 30 in all", points(whole, found, "rate"), across="step", up="rate"),
        chart("no warmup, 10 steps in all", points(few, without, "rate"), across="step", up="rate"),
        chart(
            "the last steps before the end, and the end",
            points(whole[22:31], found[22:31], "rate"),
            across="step",
            up="rate",
            log_up=True,
        ),
    ]


SCENE = Scene(
    "The learning rate of each step: up to its peak of 2, down, and nothing from step 30 on; the same without a warmup; and "
    "the last steps, where what is not quite 0 can be told from 0.",
    draw,
    shows=[
        "starts_at_one",
        "whole_numbers",
        "from_the_start",
        "quarter",
        "after_the_warmup",
        "ends_above_zero",
        "comes_up_again",
        "divides_by_zero",
        "at_total",
    ],
)
