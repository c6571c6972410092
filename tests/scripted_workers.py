"""Workers that say what a test tells them to: for the parent's side of a grading, without a process."""

from __future__ import annotations

import itertools
import os
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grader.kata import catalogue
from grader.results import Aspect, CheckResult, Status
from grader.worker.protocol import (
    Check,
    Collected,
    Compared,
    Comparing,
    Done,
    Drawing,
    Drawn,
    Event,
    Finished,
    Job,
    Loaded,
    Loading,
    Platform,
    Started,
    encode,
)

DAY = catalogue.find_day("day01")
CHECKS = (
    Check("softmax", "by_hand", Aspect.CORRECT, ""),
    Check("softmax", "compiles_once", Aspect.JIT, ""),
    Check("masked_mean", "by_hand", Aspect.CORRECT, ""),
)
STATUSES = (Status.PASSED, Status.PASSED, Status.FAILED)
SELECTION = catalogue.select(["day01.softmax", "day01.masked_mean"])
BEGIN: list[Event] = [
    Collected(CHECKS),
    Platform("0.10", "cpu", "1 cpu"),
    Loading(1),
    Loaded((), "printed"),
]


def judged(check: Check, status: Status = Status.PASSED) -> list[Event]:
    """What is said of a check that ran."""
    return [Started(check.id), Finished(check.id, CheckResult(check.name, check.aspect, status))]


WHOLE: list[Event] = [
    *BEGIN,
    *(event for check, status in zip(CHECKS, STATUSES, strict=True) for event in judged(check, status)),
    Comparing("softmax"),
    Compared("softmax", None, "no reason"),
    Drawing("softmax"),
    Drawn("softmax", None, "no reason"),
    Done(),
]


@dataclass
class Process:
    """As much of a process as the parent looks at."""

    exitcode: int | None
    pid: int = os.getpid()

    def join(self, timeout: float | None = None) -> None:
        pass


@dataclass(frozen=True)
class Raw:
    """Bytes in the pipe, as they are; with a length before them unless they are to stand alone."""

    data: bytes
    framed: bool = True


Said = Event | Raw | Callable[[Job], bytes]


class Scripted:
    """In place of `Workers`: each worker that is started says the next script, then its pipe closes or stays open."""

    def __init__(
        self, folder: Path, *scripts: Sequence[Said], exitcode: int | None = 0, hangs: bool = False
    ) -> None:
        self.stopped, self.compile_cache = False, None
        self.jobs: list[Job] = []
        self._folder, self._scripts, self._numbers = folder, list(scripts), itertools.count()
        self._exitcode, self._hangs = exitcode, hangs
        self._open: list[Connection] = []

    def start(self, job: Job) -> tuple[Any, Connection]:
        receiving, sending = Pipe(duplex=True)
        said = self._scripts[min(len(self.jobs), len(self._scripts) - 1)]
        self.jobs.append(job)
        # From a thread: a pipe takes only so much before somebody reads it.
        threading.Thread(target=self._say, args=(said, job, sending), daemon=True).start()
        return Process(self._exitcode), receiving

    def _say(self, said: Sequence[Said], job: Job, pipe: Connection) -> None:
        with suppress(OSError):  # nobody listens any more
            for one in said:
                if isinstance(one, Raw):
                    length = struct.pack("!i", len(one.data)) if one.framed else b""
                    os.write(pipe.fileno(), length + one.data)
                else:
                    pipe.send_bytes(one(job) if callable(one) else encode(one, job.token))
            if not self._hangs:
                pipe.close()
        self._open.append(pipe)

    def new_file(self, name: str) -> Path:
        return self._folder / f"{name}-{next(self._numbers)}"

    def end(self, process: Any) -> None:
        pass

    def kill_all(self) -> None:
        self.stopped = True

    def warm_up(self, job: Job) -> None:
        pass
