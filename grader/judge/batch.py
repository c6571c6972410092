"""A batch: some exercises of one day, judged by one worker after another until each check has a verdict.

The parent holds the list, the clock and the verdict. A check that has no final event did not pass, whatever an
exit status says. When a worker dies or hangs, what it was doing gets that verdict and a fresh worker goes on.
"""

from __future__ import annotations

import re
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from pathlib import Path
from typing import Any

from grader.findings import Finding, Kind
from grader.judge import processes
from grader.kata.catalogue import DAYS, SOLUTIONS, Day
from grader.results import Aspect, CheckResult, Comparison, Problem, Status, result_from
from grader.worker.protocol import Check, Job, check_from, comparison_from, decode, problem_from

GRACE = 3.0  # seconds that the parent waits beyond a check's limit: what is deep inside XLA cannot be asked politely
MAX_EVENT = 2**24  # bytes
KILLS = 3  # of a worker in the middle of the same check, before the check is taken to be the reason
_KILLED = frozenset(
    {"signal SIGKILL", "signal SIGTERM", "exit status 255"}
)  # the last: nobody is left to tell which
WATCH_EVERY = 0.1  # seconds between looks at the clock and at the worker's memory
START_TIMEOUT = (
    120.0  # seconds for what is ours alone: importing JAX, collecting checks, starting the backend
)
STATEMENT_TIMEOUT = 60.0  # seconds for one top-level statement; importing something large takes its time

COMPARING_TIMEOUT = 5.0  # seconds for one comparison, which ends by itself long before; then there is none


@dataclass(frozen=True, slots=True)
class RunProgress:
    """What is told while a run goes on."""

    day: str
    exercise: str
    check: str
    done: int
    total: int


@dataclass
class Batch:
    """Run it once; then read what it found."""

    day: Day
    file: Path  # the learner's, absolute
    exercises: tuple[str, ...]
    aspects: tuple[Aspect, ...]
    workers: processes.Workers
    seed: int
    check_timeout: float  # seconds
    memory_limit: int  # bytes
    tell: Callable[[str, str, str], None]  # day, exercise, check
    compare: tuple[Aspect, ...] = ()  # the aspects after which an exercise is set beside the reference
    compared: frozenset[str] = frozenset()  # the exercises that are

    checks: list[Check] = field(default_factory=list)  # of all aspects, as the first worker collected them
    results: dict[str, CheckResult] = field(default_factory=dict)  # exercise.name -> verdict
    problems: list[Problem] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    comparisons: dict[str, Comparison] = field(default_factory=dict)  # exercise -> it beside the reference
    platform: dict[str, str] = field(default_factory=dict)
    output: str = ""
    skip_lines: set[int] = field(default_factory=set)  # top-level lines that ended a worker
    killed: Counter[str] = field(default_factory=Counter)  # what was under way when a worker was killed
    # of the worker that runs
    _crash_file: Path = Path()
    _loading: int | None = None
    _running: str = ""
    _comparing: str = ""  # the exercise; its verdicts are all given
    _exiting: dict[str, Any] | None = None
    _finished: bool = False
    _renew: bool = False  # the worker's process was tampered with; another goes on
    _deadline: float = 0.0

    def run(self) -> None:
        """Run workers until every check has a verdict, or the grader itself is at fault."""
        while not self.workers.stopped:
            ending = self._one_worker()
            if self._finished or self.faults or self.workers.stopped:
                return
            if not self._renew and not self._second_chance(ending):
                self._account_for(ending)
            if self.faults or (self.checks and not self._open()):
                return

    def rehearse(self) -> None:
        """Have a worker get ready for this batch; `run` will use it."""
        # With the checks of the whole day: nobody knows yet which of them the job will ask for.
        every = tuple(self.day.checks_of(exercise.name) for exercise in self.day.exercises)
        self.workers.rehearse(replace(self._job(), checks=every))

    def settled(self, exercise: str) -> bool:
        """Whether all checks of an exercise that this batch runs have a verdict."""
        ours = [check for check in self.checks if check.exercise == exercise and check.aspect in self.aspects]
        return bool(self.checks) and all(check.id in self.results for check in ours)

    def _open(self) -> list[Check]:
        return [
            check for check in self.checks if check.aspect in self.aspects and check.id not in self.results
        ]

    # ---- one worker

    def _one_worker(self) -> str:
        """Run a worker to its end; returns "done", "timeout", "memory", "forged", or how its process ended."""
        self._loading, self._running, self._exiting, self._renew = None, "", None, False
        self._comparing = ""
        job = self._job()
        self._crash_file = job.crash_file
        self._tell()
        self._set_deadline(START_TIMEOUT)
        try:
            process, events = self.workers.start(job)
        except (OSError, EOFError) as error:
            self.faults.append(f"No worker could be started: {type(error).__name__}: {error}")
            return "not started"
        try:
            while not (self._finished or self._renew or self.workers.stopped):
                if not connection.wait([events], timeout=WATCH_EVERY):
                    if time.monotonic() > self._deadline:
                        return "timeout"
                    if self.workers.memory_of(process) > self.memory_limit:
                        return "memory"
                    continue
                try:
                    self._hear(decode(events.recv_bytes(MAX_EVENT), job.token))
                except (EOFError, ConnectionResetError):  # the latter when it never read its job
                    process.join(GRACE)
                    return _how_it_ended(process.exitcode)
                except (OSError, ValueError, KeyError, TypeError):
                    return "forged"
            return "done"  # all is said; its own tidy end would only take time
        finally:
            self.workers.end(process)
            events.close()

    def _job(self) -> Job:
        return Job(
            checks=tuple(self.day.checks_of(name) for name in self.exercises),
            solution=self.day.solution,
            learner=self.file,
            exercises=self.exercises,
            aspects=self.aspects,
            seed=self.seed,
            check_timeout=self.check_timeout,
            settled={identity: result.status for identity, result in self.results.items()},
            skip_lines=frozenset(self.skip_lines),
            hidden=(SOLUTIONS, DAYS),
            token=secrets.token_hex(16),
            crash_file=self.workers.new_file("crash"),
            compile_cache=self.workers.compile_cache,
            compare=self.compare,
            compared=self.compared,
        )

    def _limit(self, check: Check | None) -> float:
        """Seconds that a check may take."""
        return self.check_timeout * (check.patience if check else 1.0)

    def _set_deadline(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def _hear(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "collected":
                self.checks = self.checks or [check_from(fields) for fields in event["checks"]]
            case "loading":
                self._loading = event["line"]
                self._set_deadline(STATEMENT_TIMEOUT)
            case "loaded":
                self._loading = None
                self.problems = [problem_from(fields) for fields in event["problems"]]
                self.output = event["output"]
                self._set_deadline(START_TIMEOUT)
            case "platform":
                self.platform = {name: event[name] for name in ("jax", "platform", "devices")}
            case "started":
                self._running = event["id"]
                check = next((check for check in self.checks if check.id == self._running), None)
                self._set_deadline(self._limit(check) + GRACE)
            case "finished":
                self.results[event["id"]] = result_from(event["result"])
                self._running = ""
                self._set_deadline(START_TIMEOUT)
            case "comparing":
                self._comparing = event["exercise"]
                self._set_deadline(COMPARING_TIMEOUT)
            case "compared":
                if event["comparison"]:
                    self.comparisons[event["exercise"]] = comparison_from(event["comparison"])
                self._set_deadline(START_TIMEOUT)
            case "exiting":
                self._exiting = event
            case "renew":
                self._renew = True
            case "fault":
                self.faults.append(event["message"])
                self._finished = True
            case "done":
                self._finished = True
        self._tell()

    def _tell(self) -> None:
        exercise, _, check = self._running.partition(".")
        if self._comparing:
            exercise, check = self._comparing, "beside_the_reference"
        self.tell(self.day.key, exercise, check)

    # ---- when a worker ends early

    def _second_chance(self, ending: str) -> bool:
        """Whether to try the same again. A kill may have come from outside, and is then nobody's fault."""
        if ending not in _KILLED or self._exiting:
            return False
        what = self._running or f"line {self._loading}"
        self.killed[what] += 1
        return self.killed[what] < KILLS

    def _account_for(self, ending: str) -> None:
        """Give what the worker was doing its verdict, so that the next one can go on."""
        if self._running:
            self.results[self._running] = self._verdict_on_running(ending)
        elif self._loading is not None and self._loading not in self.skip_lines:
            self.skip_lines.add(self._loading)
        elif self._comparing:
            pass  # nothing is owed: then there is no comparison
        else:
            words = self._last_words()
            self.faults.append(f"A worker for {self.day.key} ended outside any check: {ending}.\n{words}")

    def _verdict_on_running(self, ending: str) -> CheckResult:
        check = next(check for check in self.checks if check.id == self._running)

        def verdict(complaint: str, kind: Kind, hint: str, status: Status, **data: Any) -> CheckResult:
            finding = Finding(complaint, kind, check.exercise, **data)
            return CheckResult(
                check.name, check.aspect, status, finding=finding, hint=hint, details=self._last_words()
            )

        line = self._exiting["line"] if self._exiting else self._crash_line()
        place: dict[str, Any] = {"line": line, "source": self._source_line(line)} if line else {}
        if ending == "timeout":
            return verdict(
                f"was still running after {self._limit(check):g} seconds and was stopped.",
                Kind.TIMEOUT,
                "A compiled loop that never ends: does the condition of a while_loop become False?",
                Status.TIMEOUT,
                line=line,
            )
        if ending == "memory":
            return verdict(
                f"took more than {self.memory_limit / 2**30:.1f} GiB of memory and was stopped.",
                Kind.MEMORY,
                "Which array is that large, and does the task need it at once?",
                Status.CRASHED,
                line=line,
            )
        if ending == "forged":
            return verdict(
                "wrote to the pipe on which the grader hears its verdicts.",
                Kind.FORGED,
                "Leave open files that are not yours alone.",
                Status.CRASHED,
                line=line,
            )
        if self._exiting:
            return verdict(
                f"ended the whole process with os._exit({self._exiting['code']})",
                Kind.EXIT,
                "Return a result instead; the grader runs your code in its process.",
                Status.CRASHED,
                **place,
            )
        if ending in _KILLED:
            return verdict(
                f"was killed {KILLS} times ({ending})",
                Kind.KILLED,
                "Does it kill its own process? The system does, too, when memory runs out.",
                Status.CRASHED,
                about="The process that ran",
                **place,
            )
        return verdict(
            f"brought the whole process down ({ending})",
            Kind.CRASH,
            "The other exercises are graded all the same, in a fresh process.",
            Status.CRASHED,
            **place,
        )

    def _last_words(self) -> str:
        """What the interpreter wrote when it crashed."""
        return self._crash_file.read_text(errors="replace") if self._crash_file.is_file() else ""

    def _crash_line(self) -> int | None:
        """The learner's innermost line in the interpreter's last traceback."""
        place = re.search(rf'File "{re.escape(str(self.file))}", line (\d+)', self._last_words())
        return int(place[1]) if place else None

    def _source_line(self, line: int) -> str:
        try:
            return self.file.read_text(encoding="utf-8", errors="replace").splitlines()[line - 1].strip()
        except (OSError, IndexError):
            return ""


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            return f"signal {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"signal {-exitcode}"
    return f"exit status {exitcode}"
