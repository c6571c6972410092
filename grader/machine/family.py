"""A process and all that descends from it."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

_CHILDREN_EVERY = 1.0  # seconds between looks for children, which go through all processes of the machine
_monotonic = time.monotonic  # bound before any learner's code runs: that may replace the original


class Family:
    """A process and all that descend from it, as far as they live. Children are looked for often once there are some."""

    def __init__(self, pid: int | None) -> None:
        self._first: psutil.Process | None = None
        with suppress(psutil.Error):
            self._first = psutil.Process(pid)
        self._children: list[psutil.Process] = []
        self._look_again = 0.0

    def members(self) -> list[psutil.Process]:
        """The process comes first; nobody is left of one that never was."""
        if self._first is None:
            return []
        now = _monotonic()
        if self._children or now >= self._look_again:
            self._children, self._look_again = children_of(self._first), now + _CHILDREN_EVERY
        return [self._first, *self._children]


def family(pid: int | None) -> list[psutil.Process]:
    """A process and all that descend from it, at this moment."""
    return Family(pid).members()


def children_of(process: psutil.Process) -> list[psutil.Process]:
    """All that descend from a process."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
