"""A day under the eyes of its learner: what is known of each exercise, and a new grading whenever the file is saved.

No terminal and no clock here: whoever watches calls `saved` and hears of verdicts as they come.
"""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from grader.judge import processes, runner
from grader.kata.catalogue import Day, Selection, days
from grader.machine import faults
from grader.record import attempts
from grader.record.store import AttemptLog, NotRecorded, Standing
from grader.results import ACCEPTED, Comparison, DayResult, ExerciseResult, RunResult, Status
from grader.source.edits import edited_exercise
from grader.source.fingerprints import Source, sources

_COMPARED = (
    3  # exercises at most that are set beside the reference after a save: that takes a moment for each
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An exercise has its verdicts; `complete` unless it still has to be timed."""

    day: Day
    exercise: ExerciseResult
    complete: bool
    grading: int  # its number


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading is over. `seconds` since the save; `interrupted` by a newer one."""

    day: Day
    result: RunResult
    seconds: float
    interrupted: bool
    grading: int  # its number


@dataclass(frozen=True, slots=True)
class Broken:
    """The grader itself failed."""

    day: Day
    text: str


Event = Judged | Graded | Broken


class Live:
    """One day at a time. `tell` hears events from another thread."""

    def __init__(
        self,
        day: Day,
        tree: Path,
        workers: processes.Workers,
        tell: Callable[[Event], None],
        *,
        keeper: AttemptLog | None = None,
        check_timeout: float = runner.CHECK_TIMEOUT,
    ) -> None:
        self.tree, self.workers, self._tell = tree.resolve(), workers, tell
        self.keeper = keeper  # of attempts; none for a tree that is somebody else's
        self.notices: list[str] = []  # what somebody should be told of, once
        self.grading = (
            0  # the number of the last one that was begun; what earlier ones still say is out of date
        )
        self._timeout = check_timeout
        self._pending: set[str] = set()  # to be judged; a newer save may have broken it off
        self._thread: threading.Thread | None = None
        self._seen = {one.key: _read(one.file_in(self.tree)) for one in days()}
        self.open(day)

    def open(self, day: Day) -> str:
        """Go to a day: take over the verdicts that still hold. Nothing is judged yet.

        Returns the exercise that was edited since its file was seen last; empty when none was.
        """
        self.stop()
        self.workers.dismiss()
        self.day = day
        self.file = day.file_in(self.tree)
        self.text = _read(self.file)
        seen = self._seen.get(day.key) or ""
        self._seen[day.key] = self.text
        self.board: dict[str, ExerciseResult] = {}
        self._pending.clear()
        self._compared: dict[str, tuple[str, Comparison]] = {}  # with the fingerprint of what was compared
        self.result: DayResult | None = None
        self._sources: dict[str, Source] = {}
        if self.keeper and self.text is not None:
            with self._noticing("progress cannot be read"):
                self.board = attempts.still_valid(day, self.text, self.keeper)
        self._known = self._fingerprints()
        return edited_exercise(seen, self.text or "", self.exercise_names()) if seen != self.text else ""

    def exercise_names(self) -> list[str]:
        return [exercise.name for exercise in self.day.exercises]

    def line_of(self, name: str) -> int | None:
        """Where an exercise begins in the file; None when that is not known."""
        source = self._sources.get(name)
        return source.line if source else None

    def standings(self) -> dict[tuple[str, str], Standing]:
        """Where the learner stands with every exercise of every day, as far as that is recorded."""
        with self._noticing("progress cannot be read"):
            return self.keeper.standings() if self.keeper else {}
        return {}

    def open_exercises(self) -> list[str]:
        """Those that have no verdict."""
        return [name for name in self.exercise_names() if name not in self.board]

    def saved(self, focus: str) -> list[str]:
        """The file was written: judge what changed, and what has no verdict yet. Returns the names, the edited one first.

        Empty when nothing that matters has changed; then nothing is judged.
        """
        old, self.text = self.text, _read(self.file)
        before = self._sources
        if self.text is None or self.text == old:
            return []
        self._seen[self.day.key] = self.text
        now = self._fingerprints()
        changed = [
            name for name in self.exercise_names() if name not in now or now[name] != self._known.get(name)
        ]
        moved = [
            name
            for name, result in self.board.items()
            # Their messages name lines.
            if result.status not in ACCEPTED | {Status.TODO} and before.get(name) != self._sources.get(name)
        ]
        self._known = now
        edited = edited_exercise(old or "", self.text, self.exercise_names())
        wanted = {*changed, *moved, *self._pending, *self.open_exercises()}
        front = [name for name in (edited, focus) if name in wanted]
        return self.judge([*front, *(name for name in self.exercise_names() if name in wanted)])

    def judge(self, names: Sequence[str]) -> list[str]:
        """Judge these exercises, in this order, instead of whatever is being judged; then what was broken off.

        Returns the names of all that will be judged.
        """
        begin = time.perf_counter()
        self.stop()
        names = [name for name in names if name]
        if names:
            names = list(
                dict.fromkeys([*names, *(one for one in self.exercise_names() if one in self._pending)])
            )
            self._pending = set(names)
            self.grading += 1
            grade = threading.Thread(
                target=self._grade, args=(self.day, names, begin, self.grading), daemon=True
            )
            self._thread = grade
            grade.start()
        return names

    def rehearse(self, focus: str) -> None:
        """Have a worker ready for the next save: for this exercise first, then for what is not passed yet."""
        if self._thread and self._thread.is_alive():
            return
        rest = sorted(
            self.exercise_names(), key=lambda name: name in self.board and self.board[name].status in ACCEPTED
        )
        names = list(dict.fromkeys([focus, *rest])) if focus else rest
        runner.rehearse(self._selection(names), self.tree, self.workers, check_timeout=self._timeout)

    def stop(self) -> None:
        """Break off what is being judged. What had its verdict keeps it."""
        if self._thread and self._thread.is_alive():
            self.workers.interrupt()
            self._thread.join()
            self.workers.go_on()
        self._thread = None

    def wait(self) -> None:
        """Until what is being judged is judged."""
        if self._thread:
            self._thread.join()

    # ---- in the thread of a grading

    def _grade(self, day: Day, names: list[str], begin: float, number: int) -> None:
        try:
            self._grade_and_tell(day, names, begin, number)
        except Exception as error:
            self._tell(Broken(day, faults.explain(error) or traceback.format_exc()))

    def _grade_and_tell(self, day: Day, names: list[str], begin: float, number: int) -> None:
        result = runner.grade(
            [self._selection(names)],
            self.tree,
            self.workers,
            seed=secrets.randbelow(2**31),
            check_timeout=self._timeout,
            judged=lambda day, exercise: self._hear(day, exercise, number),
            compare=names[:_COMPARED] if len(names) <= _COMPARED else names[:1],
            parallel=1,  # one worker that has rehearsed is quicker than two that have not
        )
        interrupted = self.workers.stopped
        self.result = result.days[0]
        for exercise in self.result.exercises:
            if not (interrupted and exercise.lead and exercise.lead.status is Status.BLOCKED):
                self._keep(exercise)
                self._tell(Judged(day, exercise, complete=True, grading=number))
        if self.keeper and not result.faults:
            with self._noticing("progress is not recorded"):
                self.keeper.record(attempts.attempts(result))
        self._tell(Graded(day, result, time.perf_counter() - begin, interrupted, number))

    @contextmanager
    def _noticing(self, what: str) -> Iterator[None]:
        """Go on when the record fails, and keep in `notices` what somebody should know of it."""
        try:
            yield
        except NotRecorded as error:
            self.notices.append(f"{what}: {error}")
        if self.keeper:
            self.notices += self.keeper.notices
            self.keeper.notices.clear()

    def _hear(self, day: Day, exercise: ExerciseResult, number: int) -> None:
        if exercise.whole:
            self._keep(exercise)
        self._tell(Judged(day, exercise, complete=exercise.whole, grading=number))

    def _keep(self, exercise: ExerciseResult) -> None:
        before = self._compared.get(exercise.name)
        if exercise.comparison:
            self._compared[exercise.name] = self._known.get(exercise.name, ""), exercise.comparison
        elif before and exercise.status in ACCEPTED and before[0] == self._known.get(exercise.name):
            exercise = replace(exercise, comparison=before[1])  # it has not changed since
        self.board[exercise.name] = exercise
        self._pending.discard(exercise.name)

    def _selection(self, names: Sequence[str]) -> Selection:
        return Selection(self.day, tuple(self.day.exercise(name) for name in names))

    def _fingerprints(self) -> dict[str, str]:
        self._sources = sources(self.text or "", self.exercise_names())
        return {name: source.fingerprint for name, source in self._sources.items()}


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
