"""How a process spends its time: computing, waiting, or ready to run on a machine that runs others meanwhile.

A limit is for what somebody's code does: it computes, or it waits (for a sleep, a lock, another process). What it misses
because the machine is busy is no doing of its own, and is counted apart.

Linux says of each thread for how long it was ready and did not run. Elsewhere a processor that stood idle meanwhile shows
that nothing was kept from running; where none did, only a process that got no processor time at all is taken to wait.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from grader.machine.family import Family

BUSY = 15.0  # times its limit: so long, by the clock on the wall, something may take on a busy machine
_IDLE = 0.5  # of one processor: with so much idle, whoever is ready runs
_STILL = 0.002  # of the time: who got less processor time than this got none
_LONGEST_WAIT = 5.0  # seconds without computing that one look counts: in longer ones the whole machine slept

# Bound before any learner's code runs: that may replace the originals.
_monotonic, _open, _read, _close, _listdir = time.monotonic, os.open, os.read, os.close, os.listdir


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a process, and of all that descends from it, at a moment. All in seconds."""

    at: float  # of a clock that only goes forward
    computed: float  # processor time so far
    delays: Mapping[int, float] | None = (
        None  # by thread: how long it was ready and did not run; None: nobody knows
    )
    idle: float | None = None  # how long processors of the machine stood idle, added up; None: nobody knows


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that went by, by what they were spent on."""

    computed: float = 0.0
    waited: float = 0.0
    missed: float = 0.0  # ready to run, while the machine ran others

    @property
    def own(self) -> float:
        """What counts against a limit."""
        return self.computed + self.waited

    @property
    def wall(self) -> float:
        """All of it, as the clock on the wall has it."""
        return self.own + self.missed

    def exceeds(self, limit: float) -> bool:
        """Whether it is more than a limit of so many seconds allows."""
        return self.own >= limit or self.wall >= BUSY * limit

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.computed + other.computed, self.waited + other.waited, self.missed + other.missed)


NOTHING = Spent()


def between(before: Reading, after: Reading) -> Spent:
    """What the time between two readings was spent on."""
    passed = max(after.at - before.at, 0.0)
    # Several threads may have computed longer than that; and what a child had computed may be lost when it ends.
    computed = min(max(after.computed - before.computed, 0.0), passed)
    left = passed - computed
    missed = min(_missed(before, after, passed, computed), left)
    return Spent(computed, min(left - missed, _LONGEST_WAIT), missed)


def _missed(before: Reading, after: Reading, passed: float, computed: float) -> float:
    if before.delays is not None and after.delays is not None:
        grown = (delay - before.delays.get(thread, 0.0) for thread, delay in after.delays.items())
        return sum(max(more, 0.0) for more in grown)
    if before.idle is not None and after.idle is not None:
        had_room = after.idle - before.idle >= _IDLE * passed
        return 0.0 if had_room or computed < _STILL * passed else passed
    return 0.0


class Pace:
    """What a process has spent since `begin`, by readings that `look` takes. It costs nothing as long as nobody looks."""

    def __init__(self, look: Callable[[], Reading]) -> None:
        self.spent = NOTHING
        self._look = look
        self._before: Reading | None = None

    def begin(self, here: Reading | None = None) -> None:
        """Count from now on, or from a reading; without one from the first look on."""
        self.spent, self._before = NOTHING, here

    def look(self) -> Spent:
        """What has been spent by now."""
        now = self._look()
        if self._before is not None:
            self.spent += between(self._before, now)
        self._before = now
        return self.spent


def reading_of(family: Family) -> Reading:
    """Of a process and of all that descends from it. One that is gone computes no more."""
    members = family.members()
    delays = _delays(members)
    idle = psutil.cpu_times().idle if delays is None else None
    return Reading(_monotonic(), sum(map(_computed, members)), delays, idle)


def _computed(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def _delays(processes: list[psutil.Process]) -> dict[int, float] | None:
    """By thread: for how long it was ready and did not run. None where the system does not say."""
    found: dict[int, float] = {}
    for process in processes:
        folder = f"/proc/{process.pid}/task"
        with suppress(OSError, ValueError, IndexError):  # it has ended
            for thread in _listdir(folder):
                with suppress(OSError, ValueError, IndexError):
                    ran, ready, *_ = _contents(f"{folder}/{thread}/schedstat").split()
                    if int(ran) or int(ready):  # both are 0 on systems that do not count
                        found[int(thread)] = int(ready) / 1e9
    return found or None


def _contents(path: str) -> bytes:
    file = _open(path, os.O_RDONLY)
    try:
        return _read(file, 200)
    finally:
        _close(file)
