"""The parent's side: start workers, keep the list, the clock and the verdict.

A check that has no final event did not pass, whatever an exit status says. When a worker dies or hangs,
what it was doing gets that verdict and a fresh worker goes on with the rest.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from pathlib import Path
from typing import Any

from grader import __version__, processes
from grader.catalogue import Selection
from grader.protocol import Job, decode, problem_from, result_from
from grader.results import (

    Aspect,
    CheckResult,
    DayResult,
    ExerciseResult,
    Problem,
    RunResult,
    Status,
)

CHECK_TIMEOUT = 20.0  # seconds, as the worker counts them
GRACE = 3.0  # seconds that the parent waits beyond it: a check deep inside XLA cannot be interrupted politely
LOAD_TIMEOUT = 60.0  # seconds for one top-level statement; importing something large takes its time


@dataclass(frozen=True, slots=True)
class Progress:
    """What the runner says while it works."""

    day: str
    exercise: str = ""
    check: str = ""
    done: int = 0
    total: int = 0


Listener = Callable[[Progress], None]


def grade(
    selections: Sequence[Selection],
    tree: Path,
    workers: processes.Workers,
    *,
    seed: int,
    with_speed: bool = True,
    check_timeout: float = CHECK_TIMEOUT,
    listener: Listener = lambda progress: None,
) -> RunResult:
    """Grade the selected exercises of the files in `tree`, a folder of the shape of `exercises/`.

    `check_timeout` is in seconds and holds for each check. Raises nothing for what a learner wrote;
    the grader's own faults are in the result.
    """
    begin = time.perf_counter()
    aspects = tuple(aspect for aspect in Aspect if with_speed or aspect is not Aspect.SPEED)
    runs = [
        _DayRun(selection, tree, workers, seed, aspects, check_timeout, listener) for selection in selections
    ]
    interrupted = False
    try:
        for run in runs:
            run.execute()
    except KeyboardInterrupt:
        interrupted = True
    platform = next((run.platform for run in runs if run.platform), {})
    return RunResult(
        grader=__version__,
        jax=platform.get("jax", ""),
        platform=platform.get("platform", ""),
        seed=seed,
        days=tuple(run.result() for run in runs),
        faults=tuple(fault for run in runs for fault in run.faults),
        seconds=time.perf_counter() - begin,
        interrupted=interrupted,
    )


@dataclass
class _DayRun:
    """The grading of one day: as many workers as it takes."""

    selection: Selection
    tree: Path
    workers: processes.Workers
    seed: int
    aspects: tuple[Aspect, ...]
    check_timeout: float
    listener: Listener

    checks: list[dict[str, Any]] = field(default_factory=list)  # as the first worker collected them
    results: dict[str, CheckResult] = field(default_factory=dict)  # exercise.name -> verdict
    problems: list[Problem] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    platform: dict[str, str] = field(default_factory=dict)
    output: str = ""
    _skip_lines: set[int] = field(default_factory=set)
    # of the worker that runs
    _loading: int | None = None
    _loaded: bool = False
    _running: str = ""
    _exiting: dict[str, Any] | None = None
    _finished: bool = False
    _deadline: float = 0.0

    @property
    def file(self) -> Path:
        return self.selection.day.file_in(self.tree)

    @property
    def _crash_file(self) -> Path:
        return self.workers.scratch / "crash.txt"

    def execute(self) -> None:
        """Run workers until every check has a verdict."""
        while True:
            ending = self._one_worker()
            if self._finished or self.faults:
                return
            self._account_for(ending)
            if self.faults or (self.checks and all(_identity(check) in self.results for check in self.checks)):
                return

    def result(self) -> DayResult:
        exercises = []
        for exercise in self.selection.exercises:
            checks = tuple(
                self.results.get(_identity(c)) or _unjudged(c) for c in self.checks if c["exercise"] == exercise.name
            )
            exercises.append(ExerciseResult(exercise.name, exercise.stretch, checks))
        day = self.selection.day
        return DayResult(day.key, day.title, str(self.file), tuple(exercises), tuple(self.problems), self.output)

    # ---- one worker

    def _one_worker(self) -> str:
        """Run a worker to its end; returns "timeout", or how its process ended."""
        self._loading, self._loaded, self._running, self._exiting = None, False, "", None
        self._crash_file.unlink(missing_ok=True)
        job = Job(
            checks=self.selection.day.checks,
            solution=self.selection.day.solution,
            learner=self.file.resolve(),
            exercises=tuple(exercise.name for exercise in self.selection.exercises),
            aspects=self.aspects,
            seed=self.seed,
            check_timeout=self.check_timeout,
            settled={identity: result.status for identity, result in self.results.items()},
            skip_lines=frozenset(self._skip_lines),
            crash_file=self._crash_file,
        )
        self._tell()
        self._set_deadline(LOAD_TIMEOUT)
        try:
            process, events = self.workers.start(job)
        except (OSError, EOFError) as error:
            self.faults.append(f"No worker could be started: {type(error).__name__}: {error}")
            return "not started"
        try:
            while True:
                ready = connection.wait([events], timeout=max(self._deadline - time.monotonic(), 0.0))
                if not ready:
                    return "timeout"
                try:
                    event = decode(events.recv_bytes())
                except EOFError:
                    break
                self._hear(event)
                if self._finished:  # all is said; its own tidy end would only take time
                    return "done"
            process.join(GRACE)
            return _how_it_ended(process.exitcode)
        finally:
            processes.kill(process)
            events.close()

    def _set_deadline(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def _hear(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "collected":
                self.checks = self.checks or event["checks"]
                self._tell()
            case "loading":
                self._loading = event["line"]
                self._set_deadline(LOAD_TIMEOUT)
            case "loaded":
                self._loading, self._loaded = None, True
                self.problems = [problem_from(fields) for fields in event["problems"]]
                self.output = event["output"]
                self._set_deadline(LOAD_TIMEOUT)  # the backend starts
            case "platform":
                self.platform = {"jax": event["jax"], "platform": event["platform"]}
            case "started":
                self._running = event["id"]
                self._set_deadline(self.check_timeout + GRACE)
                self._tell()
            case "finished":
                self.results[event["id"]] = result_from(event["result"])
                self._running = ""
                self._set_deadline(LOAD_TIMEOUT)
                self._tell()
            case "exiting":
                self._exiting = event
            case "fault":
                self.faults.append(event["message"])
                self._finished = True
            case "done":
                self._finished = True

    def _tell(self) -> None:
        exercise, _, check = self._running.partition(".")
        self.listener(Progress(self.selection.day.key, exercise, check, len(self.results), len(self.checks)))

    # ---- when a worker ends early

    def _account_for(self, ending: str) -> None:
        """Give what the worker was doing its verdict, so that the next one can go on."""
        if self._running:
            self.results[self._running] = self._verdict_on_running(ending)
        elif self._loading is not None and self._loading not in self._skip_lines:
            self._skip_lines.add(self._loading)
        else:
            last_words = self._last_words()
            self.faults.append(f"A worker for {self.selection.day.key} ended outside any check: {ending}.\n{last_words}")

    def _verdict_on_running(self, ending: str) -> CheckResult:
        check = next(c for c in self.checks if _identity(c) == self._running)
        name = check["exercise"]
        line = self._exiting["line"] if self._exiting else self._crash_line()
        shown = f" at line {line}\n  {line} | {self._source_line(line)}" if line else ""
        result = CheckResult(check["name"], Aspect(check["aspect"]), Status.CRASHED, line=line, details=self._last_words())
        if ending == "timeout":
            return replace(
                result,
                status=Status.TIMEOUT,
                message=f"{name} was still running after {self.check_timeout:g} seconds and was stopped.",
                hint="A compiled loop that never ends: does the condition of a while_loop become False?",
            )
        if self._exiting:
            message = f"{name} ended the whole process with os._exit({self._exiting['code']}){shown}"
            return replace(result, message=message, hint="Return a result instead; the grader runs your code in its process.")
        message = f"{name} brought the whole process down ({ending}){shown}"
        return replace(result, message=message, hint="The other exercises are graded all the same, in a fresh process.")

    def _last_words(self) -> str:
        return self._crash_file.read_text(errors="replace") if self._crash_file.exists() else ""

    def _crash_line(self) -> int | None:
        """The learner's innermost line in the interpreter's last traceback."""
        place = re.search(rf'File "{re.escape(str(self.file.resolve()))}", line (\d+)', self._last_words())
        return int(place[1]) if place else None

    def _source_line(self, line: int) -> str:
        try:
            return self.file.read_text(encoding="utf-8", errors="replace").splitlines()[line - 1].strip()
        except (OSError, IndexError):
            return ""


def _identity(check: dict[str, Any]) -> str:
    return f"{check['exercise']}.{check['name']}"


def _unjudged(check: dict[str, Any]) -> CheckResult:
    return CheckResult(check["name"], Aspect(check["aspect"]), Status.BLOCKED, message="This check was not run.")


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            return f"signal {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"signal {-exitcode}"
    return f"exit status {exitcode}"


