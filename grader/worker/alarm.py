"""The friendly time limit: breaks a check off in its middle, so that the learner's line is known.

What it cannot break off (a program inside XLA, code that swallows everything) the judge ends a moment later, by the same rule.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from types import FrameType

from grader.machine.family import Family
from grader.machine.pace import Pace, Reading, reading_of
from grader.toolkit.verdicts import TookTooLong

_EVERY = 0.25  # seconds between looks at what a check has spent; most checks end before the first

# Bound before any learner's code runs: that may replace the originals.
_monotonic, _process_time, _suppress = time.monotonic, time.process_time, suppress
_HAS_ALARM = hasattr(signal, "SIGALRM")  # else the judge's clock decides alone
if _HAS_ALARM:
    _signal, _set_timer, _SIGALRM, _REAL = signal.signal, signal.setitimer, signal.SIGALRM, signal.ITIMER_REAL


class Alarm:
    """Looks again and again at what a check has spent, and raises TookTooLong once that is more than it may."""

    def __init__(self) -> None:
        self.may_ring = False  # whether a check runs: anywhere else it would hit code of ours
        family = Family(os.getpid())
        self._pace = Pace(lambda: reading_of(family))
        self._limit = 0.0

    def set(self, limit: float) -> None:
        """Count from now on, up to so many seconds."""
        if _HAS_ALARM:
            self._limit = limit
            self._pace.begin(Reading(_monotonic(), _process_time()))
            _signal(_SIGALRM, self._look)
            self._look_again()

    def cancel(self) -> None:
        """No more looks."""
        if _HAS_ALARM:
            _set_timer(_REAL, 0)

    def _look_again(self) -> None:
        # Set anew by each look: one may take longer than the time between two.
        _set_timer(_REAL, min(_EVERY, self._limit))

    def _look(self, signal_number: int, frame: FrameType | None) -> None:
        with _suppress(
            Exception
        ):  # whatever the learner's code has done to files or psutil: the judge looks, too
            self._pace.look()
        if self.may_ring and self._pace.spent.exceeds(self._limit):
            self.may_ring = False
            raise TookTooLong(self._pace.spent)
        self._look_again()
