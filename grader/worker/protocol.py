"""What goes between the judge and a worker: one job in, a line of JSON out for each event."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from grader import wire
from grader.options import Options
from grader.pictures import Picture
from grader.results import Aspect, CheckResult, Comparison, Problem, Status


@dataclass(frozen=True, slots=True)
class Check:
    """What a check function says of itself."""

    exercise: str
    name: str
    aspect: Aspect
    hint: str
    patience: float = 1.0  # times the usual limit

    @property
    def id(self) -> str:
        """Unique within a day."""
        return f"{self.exercise}.{self.name}"


# ---- in: what a worker is asked to do


@dataclass(frozen=True, slots=True)
class Task:
    """Some exercises of one learner's file, to be judged on some aspects."""

    day: str  # day07
    checks: tuple[Path, ...]  # files, in the order of the day
    solution: Path  # for its signatures
    learner: Path
    hidden: tuple[Path, ...]  # folders that the learner's code may not open
    exercises: tuple[str, ...]  # in this order
    aspects: tuple[Aspect, ...]  # of those that the run judges
    # Of the learner's file, as it is to be judged, whatever is saved meanwhile; None where the worker has to see what is wrong.
    text: str | None = None

    def order_of(self, exercise: str) -> int:
        """Where an exercise stands in this task; those that are not asked for come last."""
        return self.exercises.index(exercise) if exercise in self.exercises else len(self.exercises)


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker is asked to do: a task, the options of the run, and what this worker alone needs."""

    task: Task
    options: Options
    token: str  # every event carries it
    crash_file: Path  # where the interpreter writes its last traceback
    compile_cache: Path | None  # a folder with compiled programs
    # Checks that an earlier worker of this run has judged: their ids.
    settled: dict[str, Status]
    skip_lines: frozenset[int]  # top-level lines that ended an earlier worker
    warm_up: bool = False  # on the reference, until the real job comes through the pipe

    def fits(self, warm: Job) -> bool:
        """Whether a worker that has warmed up for one job can do this one."""
        names = ("solution", "learner", "hidden", "aspects")
        same = all(getattr(self.task, name) == getattr(warm.task, name) for name in names)
        return (
            same
            and set(self.task.checks) <= set(warm.task.checks)
            and self.options.check_timeout == warm.options.check_timeout
            and self.options.background == warm.options.background
            and self.compile_cache == warm.compile_cache
        )


# ---- out: what a worker says


@dataclass(frozen=True, slots=True)
class Collected:
    """The checks of the exercises that were asked for, of all aspects. Said before the learner's file is loaded."""

    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """What JAX runs on."""

    jax: str  # its version
    platform: str
    devices: str  # in words


@dataclass(frozen=True, slots=True)
class Loading:
    """A top-level statement of the learner's file begins."""

    line: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The learner's file is loaded."""

    problems: tuple[Problem, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Started:
    """A check begins."""

    id: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A check has its verdict."""

    id: str
    result: CheckResult


@dataclass(frozen=True, slots=True)
class Comparing:
    """An exercise that passed is being set beside the reference."""

    exercise: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison, or why there is none: a traceback, or nothing where none can be expected."""

    exercise: str
    comparison: Comparison | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of an exercise is being made; all its verdicts are given."""

    exercise: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture, and why it is missing or shows less than it might: a line for the learner, or a traceback of ours."""

    exercise: str
    picture: Picture | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Exiting:
    """Somebody called os._exit; `line` is the learner's."""

    code: int
    line: int | None


@dataclass(frozen=True, slots=True)
class Renew:
    """The learner's code has changed what checks rely on: another worker must go on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The grader itself failed."""

    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """All is said."""


Event = (
    Collected
    | Platform
    | Loading
    | Loaded
    | Started
    | Finished
    | Comparing
    | Compared
    | Drawing
    | Drawn
    | Exiting
    | Renew
    | Fault
    | Done
)
_KINDS = {kind.__name__: kind for kind in get_args(Event)}


def encode(event: Event, token: str) -> bytes:
    """One event as a line of JSON."""
    return wire.dump(event, event=type(event).__name__, token=token)


def decode(line: bytes, token: str) -> Event:
    """The event of a line. Raises ValueError when it is none of the worker that has this token."""
    fields = wire.load_fields(line)
    if fields.pop("token", None) != token:
        raise ValueError(f"not ours: {line[:80]!r}")
    name = fields.pop("event", None)
    if not isinstance(name, str) or name not in _KINDS:
        raise ValueError(f"no such event: {line[:80]!r}")
    event: Event = wire.read(_KINDS[name], fields)
    return event
