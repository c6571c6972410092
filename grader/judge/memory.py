"""The memory that a worker holds, looked at often and cheaply."""

from __future__ import annotations

from contextlib import suppress

import psutil

from grader.machine.family import Family


def held_by(family: Family) -> int:
    """Bytes; what the processes share is counted for each. None are held by one that is gone."""
    return sum(map(_resident, family.members()))


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
