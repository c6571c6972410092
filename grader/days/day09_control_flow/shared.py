"""What several exercises of day 9 use in their checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from grader.toolkit import Called, Handle, Kind

Params = dict[str, jax.Array]

LENGTHS = (10, 40, 1000)


def close_in_scale(called: Called, expected: Any, rtol: float = 1e-5, hint: str | None = None) -> None:
    """Compare each array of a result with the expected one, relative to the largest number in that. Raises WrongAnswer.

    So a covariance of 1e-12 is held to as many digits as one of 1.
    """
    if isinstance(expected, tuple):
        called.require(isinstance(called.value, tuple), "is no tuple", expected="a tuple", got=called.value)
        for index, part in enumerate(expected):
            close_in_scale(called[index], part, rtol, hint)
        return
    finite = np.abs(expected[np.isfinite(expected)])
    called.close_to(expected, rtol=rtol, atol=rtol * float(finite.max(initial=0.0)), hint=hint)


def stays_a_loop(
    handle: Handle,
    arguments: Callable[[int], tuple[Any, ...]],
    lengths: tuple[int, int, int] = LENGTHS,
) -> None:
    """The program holds about as many operations for a long loop as for a short one.

    A loop that is written out grows fourfold from the first length to the second, and is found there: to trace 1000
    rounds of it would take seconds. The parallel algorithms of `associative_scan` grow with the logarithm and pass.
    Raises WrongAnswer.
    """

    def program(length: int) -> Any:
        return handle.program(*arguments(length))

    first = program(lengths[0])
    for length, growth in ((lengths[1], 2.5), (lengths[2], 5.0)):
        longer = program(length)
        Called(handle.shown, None, about="The program of").require(
            longer.size <= growth * first.size,
            "grows with the length of its loop",
            expected="about as many operations for both",
            got=f"{first.size} at length {lengths[0]}\n{longer.size} at length {length}",
            kind=Kind.GROWS,
        )
