"""The clock that the parent keeps of a worker: what it spends its time on since it last said something."""

from __future__ import annotations

import time

from grader.machine.family import Family
from grader.machine.pace import Pace, Spent, reading_of

EVERY = 0.4  # seconds between looks
_FIRST = 0.1  # seconds: most of what a worker does is over by then, and needs no look


class Stopwatch:
    """One worker and all that descends from it."""

    def __init__(self, family: Family) -> None:
        self._pace = Pace(lambda: reading_of(family))
        self.begin()

    def begin(self) -> None:
        """Begin anew: it has just said something."""
        self._pace.begin()
        self._look_at = time.monotonic() + _FIRST

    def shows_more_than(self, limit: float) -> bool:
        """Whether it has taken more than so many seconds, as far as anybody has looked."""
        if time.monotonic() >= self._look_at:
            self._pace.look()
            self._look_at = time.monotonic() + EVERY
        return self.spent.exceeds(limit)

    @property
    def spent(self) -> Spent:
        """What it has taken."""
        return self._pace.spent
