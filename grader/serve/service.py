"""The service: requests in, events out, until nobody asks any more. docs/serve.md is its protocol.

One thread reads, answers what needs no grading, and stops gradings; the other grades, one request after another. So a hint
comes at once while something is judged.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import BinaryIO

from grader import __version__
from grader.judge.runner import RunProgress
from grader.kata.catalogue import UnknownSelector
from grader.machine import faults
from grader.record.store import AttemptLog, NotRecorded
from grader.results import RunResult
from grader.serve import requests
from grader.serve.answers import Answers, Refused
from grader.serve.chosen import Chosen, to_grade
from grader.serve.grading import Gradings
from grader.serve.judged_text import as_python
from grader.serve.lines import Event, lines_of
from grader.serve.requests import Bye, Grade, Request, Stop, WrongRequest

PROTOCOL = 1
_PARENT = 0.5  # seconds between looks at whether the parent is still there
_PATIENCE = 1.5  # seconds that all has to come to an end, once nobody asks any more
_OVERHEAD = "that line has more than {:,} bytes, and was passed over"

Send = Callable[[Event], None]


class Service:
    """What is asked for, and what is being judged. `hear` and `close` come from the thread that reads."""

    def __init__(
        self, gradings: Gradings, record: AttemptLog, send: Send, closing: Callable[[], None] = lambda: None
    ) -> None:
        self._gradings, self._send_event, self._closing = gradings, send, closing
        self._answers = Answers(record, gradings.kept, lambda: self._last)
        self._last: Chosen | None = None
        # What waits, and whether something is judged: read and changed only by who holds the condition.
        self._condition = threading.Condition()
        self._waiting: deque[Grade] = deque()
        self._judging = self._closed = False

    # ---- in the thread that reads

    def listen(self, lines: BinaryIO) -> None:
        """Hear each line, until there are no more or somebody says goodbye."""
        try:
            for line in lines_of(lines, requests.MOST):
                if line is None:
                    self._error(None, "usage", _OVERHEAD.format(requests.MOST))
                elif not self.hear(line):
                    break
        finally:
            self.close()

    def hear(self, line: bytes) -> bool:
        """Answer a line, or have it answered; whether there may be more. Whatever it is, the service goes on."""
        try:
            request = requests.read(line)
        except WrongRequest as wrong:
            self._error(wrong.id, "usage", str(wrong))
            return True
        match request:
            case Grade():
                with self._condition:
                    self._waiting.append(request)
                    self._condition.notify()
            case Stop():
                self._send({"id": request.id, "event": "stopping"})
                self._stop()
            case Bye():
                self._send({"id": request.id, "event": "bye"})
                return False
            case _:
                self._answer(request)
        return True

    def close(self) -> None:
        """Nobody asks any more: break off what is judged."""
        self._closing()
        with self._condition:
            self._closed = True
            self._waiting.clear()
            self._break_off()
            self._condition.notify()

    def _stop(self) -> None:
        with self._condition:
            stopped = list(self._waiting)
            self._waiting.clear()
            self._break_off()
        for grade in stopped:
            self._send({"id": grade.id, "event": "stopped"})

    def _break_off(self) -> None:
        # While this thread has the condition the other one takes nothing up: no newer grading is hit.
        if self._judging:
            self._gradings.interrupt()

    def _answer(self, request: Request) -> None:
        with self._told(request):
            found = self._answers.answer(request)
            self._send({"id": request.id, "event": "answer", **found})

    # ---- in the thread that grades

    def run(self) -> None:
        """Grade what is asked for, until the service is closed."""
        while grade := self._take():
            with self._told(grade):
                self._grade(grade)
            with self._condition:
                self._judging = False
                idle = not self._waiting and not self._closed
            if idle and self._last:
                with suppress(Exception):  # it costs time, and no verdict
                    self._gradings.get_ready(self._last.day)

    def _take(self) -> Grade | None:
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return None
            self._judging = True
            self._gradings.begin()
            return self._waiting.popleft()

    def _grade(self, asked: Grade) -> None:
        from grader.serve import results  # here: reports are made by then that JAX has begun to start

        asked = replace(asked, code=as_python(asked.code), context=tuple(map(as_python, asked.context)))
        so_far = {self._last.day.key} if self._last else set()
        chosen = to_grade(asked.exercise, asked.code, so_far)
        refused, notice = faults.unsupported_jax()
        if refused:
            self._error(asked.id, "fault", refused)
            return
        self._last = chosen
        preparing = results.prepare(asked)

        def progress(step: RunProgress) -> None:
            about = {"check": step.check, "done": step.done, "total": step.total}
            self._send({"id": asked.id, "event": "progress", "exercise": chosen.selector, **about})

        def verdict(result: RunResult) -> None:
            event = results.result_event(asked, chosen.day, result, final=False)
            self._send({"id": asked.id, "event": "verdict", **event})

        graded = self._gradings.grade(asked, chosen, progress, verdict)
        if graded.result.interrupted:  # by Ctrl-C, which is meant for all of this
            raise KeyboardInterrupt
        if self._gradings.stopped:
            self._send({"id": asked.id, "event": "stopped"})
            return
        if graded.result.faults:
            self._error(asked.id, "fault", _OURS, details="\n".join(graded.result.faults))
            return
        file, notices = self._gradings.keep_and_record(graded, chosen) if asked.record else ("", [])
        if preparing:
            preparing.join()
        event = results.result_event(asked, chosen.day, graded.result)
        notices = [*([notice] if notice else []), *notices]
        self._send({"id": asked.id, "event": "result", **event, "kept": file, "notices": notices})

    # ---- from both

    @contextmanager
    def _told(self, request: Request) -> Iterator[None]:
        """What is raised inside is told to whoever asked, and the service goes on."""
        try:
            yield
        except Exception as error:
            self._tell(request, error)

    def _tell(self, request: Request, error: Exception) -> None:
        """Say why there is no answer."""
        if isinstance(error, UnknownSelector):
            self._error(request.id, "usage", str(error))
        elif isinstance(error, Refused):
            self._error(request.id, "refused", str(error))
        else:
            told = str(error) if isinstance(error, NotRecorded) else faults.explain(error)
            self._error(request.id, "fault", told or _OURS, details="" if told else _trace(error))

    def _error(self, id: str | int | None, kind: str, words: str, details: str = "") -> None:
        message = " ".join(words.split("\n"))
        self._send(
            {"id": id, "event": "error", "kind": kind, "message": message, "details": details or words}
        )

    def _send(self, event: Event) -> None:
        with suppress(OSError):  # nobody reads any more: then the reading comes to its end, too
            self._send_event(event)


_OURS = "this is a mistake of the grader or of its installation, not of your code"


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error))


def serve(lines: BinaryIO, send: Send, gradings: Gradings, record: AttemptLog) -> None:
    """Serve until nobody asks any more, or the parent is gone. Comes back when all workers have ended."""
    # From then on: what the other thread does while nothing is judged is not broken off.
    service = Service(gradings, record, send, closing=lambda: _end_in(_PATIENCE))
    send({"event": "ready", "protocol": PROTOCOL, "grader": __version__})
    threading.Thread(target=service.listen, args=(lines,), name="requests", daemon=True).start()
    threading.Thread(
        target=_watch_parent, args=(os.getppid(), service.close), name="parent", daemon=True
    ).start()
    with gradings:
        service.run()


def _watch_parent(parent: int, close: Callable[[], None]) -> None:
    """A parent that is gone may have left its end of the pipe to somebody."""
    while os.getppid() == parent:
        time.sleep(_PARENT)
    close()


def _end_in(seconds: float) -> None:
    """End this process by then, whatever it waits for. Its workers hear that, and end."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()
