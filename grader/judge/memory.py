"""The memory that a worker holds, looked at often and cheaply."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

_CHILDREN_EVERY = 1.0  # seconds between looks for children, which go through all processes of the machine


class Memory:
    """A worker and all that descends from it. As long as it has no children, a look at it alone is enough."""

    def __init__(self, pid: int | None) -> None:
        self._worker: psutil.Process | None = None
        with suppress(psutil.Error):
            self._worker = psutil.Process(pid)
        self._children: list[psutil.Process] = []
        self._look_again = 0.0

    def held(self) -> int:
        """Bytes; what the processes share is counted for each. None are held by one that is gone."""
        if self._worker is None:
            return 0
        now = time.monotonic()
        if self._children or now >= self._look_again:
            self._children, self._look_again = children_of(self._worker), now + _CHILDREN_EVERY
        return sum(_resident(process) for process in (self._worker, *self._children))


def family(pid: int | None) -> list[psutil.Process]:
    """A process and all that descend from it, as far as they live."""
    try:
        process = psutil.Process(pid)
    except psutil.Error:
        return []
    return [process, *children_of(process)]


def children_of(process: psutil.Process) -> list[psutil.Process]:
    """All that descend from a process."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
