"""What one worker says, as far as it was heard: what it does just now, and what it has found."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.machine.pace import NOTHING
from grader.options import Options
from grader.pictures import unsoundness
from grader.results import CheckResult, Problem
from grader.worker.protocol import (
    Check,
    Collected,
    Compared,
    Comparing,
    Drawing,
    Drawn,
    Event,
    Exiting,
    Finished,
    Loaded,
    Loading,
    Platform,
    Started,
)

# All of these are seconds of a worker's own, as `machine.pace` counts them: what it misses on a busy machine is none of them.
GRACE = 3.0  # beyond a check's limit: what is deep inside XLA cannot be asked politely
START_TIMEOUT = 120.0  # for what is ours alone: importing JAX, collecting checks, starting the backend
STATEMENT_TIMEOUT = 60.0  # for one top-level statement; importing something large takes its time
DRAWING_TIMEOUT = 8.0  # for one picture, which ends by itself long before; then there is none
COMPARING_TIMEOUT = 5.0  # for one comparison, which ends by itself long before; then there is none


@dataclass
class Found:
    """What the workers of a batch have found so far, one after another.

    Its dictionaries are replaced and never changed: the threads of other batches read them meanwhile.
    """

    # Of all aspects, by id, as the first one collected them.
    checks: dict[str, Check] = field(default_factory=dict)
    results: dict[str, CheckResult] = field(default_factory=dict)  # by id
    problems: tuple[Problem, ...] = ()
    output: str = ""  # printed while the file was loaded
    comparisons: dict[str, Compared] = field(default_factory=dict)  # by exercise
    pictures: dict[str, Drawn] = field(default_factory=dict)  # by exercise
    platform: Platform | None = None
    faults: list[str] = field(default_factory=list)  # the grader's own

    def give(self, identity: str, result: CheckResult) -> None:
        """Give a check its verdict."""
        self.results = {**self.results, identity: result}


class Hearing:
    """One worker: what it is doing, and how long it may. It compares when all its verdicts are given."""

    def __init__(self, found: Found, options: Options) -> None:
        self._found, self._options = found, options
        self.loading: int | None = None
        self.running: Check | None = None
        self.comparing = ""  # the exercise that was begun last
        self.drawing = ""  # the same of pictures
        self.exiting: Exiting | None = None
        self.limit = START_TIMEOUT  # seconds for what it is doing
        self.spent = NOTHING  # when it was found to take too long

    def refuse_nonsense(self, event: Event) -> None:
        """Raises ValueError for what has the form of an event, and that no worker of ours can mean."""
        known = self._found.checks
        if isinstance(event, Started | Finished) and event.id not in known:
            raise ValueError(f"no such check: {event.id[:80]!r}")
        if isinstance(event, Finished):
            check, result = known[event.id], event.result
            if (result.name, result.aspect) != (check.name, check.aspect):
                raise ValueError(f"the verdict of another check: {result.name[:80]!r}")

        if isinstance(event, Drawn) and event.picture and (unsound := unsoundness(event.picture)):
            raise ValueError(f"no such picture: {unsound}")

    def hear(self, event: Event) -> None:
        """Take in what it says."""
        found = self._found
        match event:
            case Collected(checks):
                found.checks = found.checks or {check.id: check for check in checks}
            case Platform():
                found.platform = event
            case Loading(line):
                self.loading = line
                self.limit = STATEMENT_TIMEOUT
            case Loaded(problems, output):
                self.loading, found.problems, found.output = None, problems, output
                self.limit = START_TIMEOUT
            case Started(identity):
                self.running = found.checks[identity]
                self.limit = self._options.limit(self.running.patience) + GRACE
            case Finished(identity, result):
                self.running = None
                found.give(identity, result)
                self.limit = START_TIMEOUT
            case Comparing(exercise):
                self.comparing = exercise
                self.limit = COMPARING_TIMEOUT
            case Compared(exercise):
                found.comparisons = {**found.comparisons, exercise: event}
                self.limit = START_TIMEOUT
            case Drawing(exercise):
                self.drawing = exercise
                self.limit = DRAWING_TIMEOUT
            case Drawn(exercise):
                found.pictures = {**found.pictures, exercise: event}
                self.limit = START_TIMEOUT
                self.limit = START_TIMEOUT
            case Exiting():
                self.exiting = event
