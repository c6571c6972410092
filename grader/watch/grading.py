"""Gradings, one after another, in a thread of their own. It changes nothing that others see; it sends events.

What was judged to the end is recorded here, too, before the next grading begins: also when a newer save has broken this
one off, or somebody leaves. So the record has one writer, which comes to it for one grading at a time. Others may read it
meanwhile: each call of an `AttemptLog` opens a connection of its own, in one transaction, and closes it, and between
connections SQLite's locks hold, be they of threads or of processes.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.machine import faults
from grader.pictures import Picture
from grader.record import attempts
from grader.record.store import AttemptLog, NotRecorded
from grader.results import ExerciseResult, RunResult, Status
from grader.watch.effects import DrawPicture, LookDeeper, StartGrading, WarmUp
from grader.watch.events import Broken, Drawn, Graded, Judged, LookedDeeper
from grader.watch.judge import Judge

Send = Callable[[Judged | Graded | LookedDeeper | Drawn | Broken], None]
# Records what was judged, with the text of the file for the exercises of which it is known; returns what to tell of it.
Record = Callable[[RunResult, str | None, Collection[str]], list[str]]


class Gradings:
    """The thread. A new grading takes the place of the one before, which ends soon and has what it found recorded."""

    def __init__(self, tree: Path, judge: Judge, send: Send, record: Record) -> None:
        self._tree, self._judge, self._send, self._record = tree, judge, send, record
        # What is next, and whether something is being judged: read and changed only by who holds the condition.
        self._condition = threading.Condition()
        self._next: StartGrading | None = None
        self._warm_up: WarmUp | None = None
        self._picture: DrawPicture | None = None
        self._deeper: LookDeeper | None = None
        self._judging = self._closed = False
        self._thread = threading.Thread(target=self._run, name="gradings", daemon=True)
        self._thread.start()

    def start(self, grading: StartGrading) -> None:
        """Judge this instead of whatever is being judged. Comes back at once."""
        with self._condition:
            self._next, self._picture, self._deeper = grading, None, None
            self._break_off()

    def stop(self) -> None:
        """Break off what is being judged. Comes back at once."""
        with self._condition:
            self._next = self._picture = self._deeper = None
            self._break_off()

    def draw(self, wanted: DrawPicture) -> None:
        """Make a picture as soon as there is nothing to judge."""
        with self._condition:
            self._picture = wanted
            self._condition.notify()

    def look_deeper(self, look: LookDeeper) -> None:
        """Take a deeper look as soon as there is nothing else to do."""
        with self._condition:
            self._deeper = look
            self._condition.notify()

    def warm_up(self, wanted: WarmUp) -> None:
        """Have a worker get ready as soon as there is nothing to judge."""
        with self._condition:
            self._warm_up = wanted
            self._condition.notify()

    def close(self) -> None:
        """Break off what is being judged, and wait until it is recorded."""
        with self._condition:
            self._closed = True
            self._next = self._warm_up = self._picture = self._deeper = None
            self._break_off()
        self._thread.join()

    def _break_off(self) -> None:
        self._condition.notify()
        # While this thread has the condition the other one takes nothing up: no worker of a newer grading is hit.
        if self._judging:
            self._judge.interrupt()

    # ---- in the thread

    def _run(self) -> None:
        while task := self._take():
            try:
                if isinstance(task, StartGrading):
                    file = task.day.file_in(self._tree)
                    grade(task, file, self._judge, self._send, self._record)
                elif isinstance(task, DrawPicture):
                    draw(task, task.day.file_in(self._tree), self._judge, self._send)
                elif isinstance(task, LookDeeper):
                    file = task.day.file_in(self._tree)
                    self._send(look_deeper(task, file, self._judge, self._record))
                else:
                    self._judge.warm_up(task.day, task.names)
            except Exception as error:
                words = faults.explain(error) or traceback.format_exc()
                if isinstance(task, LookDeeper):
                    name = task.first.name
                    self._send(LookedDeeper(task.number, task.day.key, name, faults=[words]))
                else:
                    self._send(Broken(words, task.number if isinstance(task, StartGrading) else None))

    def _take(self) -> StartGrading | WarmUp | DrawPicture | LookDeeper | None:
        """What to do next; None when it is time to end."""
        with self._condition:
            self._judging = False
            self._condition.wait_for(
                lambda: self._closed or self._next or self._warm_up or self._picture or self._deeper
            )
            task = self._next or self._warm_up or self._picture or self._deeper
            # What waits for an idle moment waits on, unless it is its turn or there is something new to judge.
            idle = task is self._warm_up or task is self._picture
            self._deeper = self._deeper if idle else None
            self._picture = self._picture if task is self._warm_up else None
            self._next = self._warm_up = None
            if isinstance(task, StartGrading | DrawPicture | LookDeeper):
                self._judging = True
                self._judge.go_on()
            return task


def grade(grading: StartGrading, file: Path, judge: Judge, send: Send, record: Record) -> None:
    """Make a grading from beginning to end: send what is found as it comes, record it, and send that it is over."""
    found = _Found(grading, file, send)
    result = judge.grade(grading.day, grading.names, found.judged, found.drawn)
    (day,) = result.days
    outdated = not found.is_current()
    for exercise in day.exercises:
        broken_off = exercise.lead is not None and exercise.lead.status is Status.BLOCKED
        if not (judge.interrupted and broken_off):
            found.judged(exercise, final=True)
    notices = [] if result.faults else record(result, grading.text, found.known)
    send(Graded(grading.number, day.problems, result.faults, notices, outdated))


def draw(wanted: DrawPicture, file: Path, judge: Judge, send: Send) -> None:
    """Have a picture made from beginning to end, and send it."""
    day, source = wanted.day, wanted.source
    told: list[tuple[Picture | None, str]] = []
    result = judge.draw(day, wanted.name, lambda name, picture, trouble: told.append((picture, trouble)))
    picture, trouble = told[-1] if told else (None, "\n".join(result.faults) or "it could not be drawn")
    if not judge.interrupted:
        send(Drawn(day.key, wanted.name, picture, trouble, source if read(file) == wanted.text else None))


def look_deeper(look: LookDeeper, file: Path, judge: Judge, record: Record) -> LookedDeeper:
    """Take a deeper look from beginning to end, and record what both looks found together."""
    name = look.first.name
    over = LookedDeeper(look.number, look.day.key, name)
    result = judge.look_deeper(look.day, name)
    if result.faults:
        return replace(over, faults=result.faults)
    (day,) = result.days
    (deeper,) = day.exercises
    if judge.interrupted or not deeper.checks:
        return over
    both = look.first.with_deeper_look(deeper)
    current = read(file) == look.text
    run = replace(result, days=(replace(day, exercises=(both,)),))
    notices = record(run, look.text, {name} if current else set())
    return replace(over, result=both, source=look.source if current else None, notices=notices)


@dataclass
class _Found:
    """What one grading finds, and whether that can be said of the text that it was begun with."""

    grading: StartGrading
    file: Path
    send: Send
    known: set[str] = field(default_factory=set)  # exercises settled while the file still held that text

    def judged(self, exercise: ExerciseResult, final: bool | None = None) -> None:
        """Send an exercise's verdicts, as final ones if they are on all of its checks.

        A worker reads the file by itself. If it still holds the text of the grading now, then that is what was read.
        """
        grading, name = self.grading, exercise.name
        source = grading.sources[name] if name in self.known or self.is_current() else None
        final = exercise.whole if final is None else final
        event = Judged(grading.number, grading.day.key, exercise, source, final)
        if source and event.settled:
            self.known.add(name)
        self.send(event)

    def drawn(self, name: str, picture: Picture | None, trouble: str) -> None:
        """Send the picture of an exercise."""
        source = self.grading.sources[name] if self.is_current() else None
        self.send(Drawn(self.grading.day.key, name, picture, trouble, source))

    def is_current(self) -> bool:
        return read(self.file) == self.grading.text


def recording_in(log: AttemptLog | None) -> Record:
    """A function that adds what was judged to a log of attempts. A tree that is somebody else's has none.

    What keeps it from that is said once, not with each verdict.
    """
    told: set[str] = set()

    def record(result: RunResult, text: str | None, known: Collection[str]) -> list[str]:
        if log is None:
            return []
        (day,) = result.days
        parts = (
            replace(day, exercises=tuple(e for e in day.exercises if e.name in known), source=text),
            replace(day, exercises=tuple(e for e in day.exercises if e.name not in known), source=None),
        )
        notices: list[str] = []
        try:
            log.record(attempts.attempts(replace(result, days=parts)))
            told.clear()
        except NotRecorded as error:
            notices += {f"progress is not recorded: {error}"} - told
            told.update(notices)
        return [*notices, *log.take_notices()]

    return record


def read(file: Path) -> str | None:
    """The text of a file; None when it is not there."""
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
