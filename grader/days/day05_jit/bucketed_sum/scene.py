"""Sums of arrays that are all alike but for their length, so that the right sums lie on a straight line.

What is cut off, counted twice or left out where a length crosses a size of the list bends that line into stairs; whole numbers
alone make nothing of 0.75. Beyond the last size that somebody thought of the line stops to rise. At last a NaN
comes in: from there on there is no sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.scenes import Scene, chart, image, points

SHORT = 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 28, 32, 33, 36, 40
LONG = 100, 1000, 1500, 5000, 30_000, 70_000, 200_000
WITH_NAN = 5, 8, 9, 12, 16, 20
PLACE = 9


def draw(bucketed_sum: Any) -> list[Any]:
    """Nineteen lengths up to 40, seven long ones, and short arrays whose tenth number is NaN."""

    def sums(lengths: Any, place: int | None = None) -> list[float]:
        found = []
        for length in lengths:
            x = np.full(length, 0.75, np.float32)
            if place is not None:
                x[place : place + 1] = np.nan
            found.append(float(bucketed_sum(x)))
        return found

    return [
        chart("short arrays", points(SHORT, sums(SHORT)), across="length", up="sum"),
        chart(
            "long arrays",
            points(LONG, sums(LONG)),
            across="length",
            up="sum",
            log_up=True,
            log_across=True,
        ),
        image(
            "lengths 5, 8, 9, 12, 16 and 20; the tenth number is NaN",
            sums(WITH_NAN, PLACE),
            scale="heat",
            low=0,
        ),
    ]


SCENE = Scene(
    "Each number is 0.75. The sums of arrays of more and more of them, and the same with a NaN as the tenth number.",
    draw,
    shows=[
        "rounds_down",
        "repeats_the_edge",
        "mean",
        "one_short",
        "whole_numbers",
        "cuts_the_rest",
        "list_ends",
        "pads_with_nan",
    ],
)
