"""What goes between the runner and a worker: one job in, a line of JSON out for each event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.findings import finding_from
from grader.results import Aspect, ComparedQuantity, Comparison, Problem, Status


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


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker is asked to do."""

    checks: tuple[Path, ...]  # files, in the order of the day
    solution: Path  # for its signatures
    learner: Path
    exercises: tuple[str, ...]
    aspects: tuple[Aspect, ...]
    seed: int
    check_timeout: float  # seconds
    settled: dict[
        str, Status
    ]  # checks that an earlier worker of this run has judged: exercise.name -> status
    skip_lines: frozenset[int]  # top-level lines that ended an earlier worker
    hidden: tuple[Path, ...]  # folders that the learner's code may not open
    token: str  # every event carries it
    crash_file: Path  # where the interpreter writes its last traceback
    compile_cache: Path | None  # a folder with compiled programs
    # Set exercises that pass beside the reference: the aspects that the run judges, by one worker or another. The one
    # that gives an exercise its last verdict compares it. Empty: no comparing.
    compare: tuple[Aspect, ...] = ()
    compared: frozenset[str] = frozenset()  # the exercises that this holds for
    rehearse: bool = False  # on the reference, until the real job comes through the pipe

    def order_of(self, exercise: str) -> int:
        """Where an exercise stands in this job; those that are not asked for come last."""
        return self.exercises.index(exercise) if exercise in self.exercises else len(self.exercises)

    def fits(self, rehearsed: Job) -> bool:
        """Whether a worker that has rehearsed one job can do this one."""
        same = ("solution", "learner", "aspects", "check_timeout", "hidden", "compile_cache")
        return set(self.checks) <= set(rehearsed.checks) and all(
            getattr(self, name) == getattr(rehearsed, name) for name in same
        )


def encode(event: str, **fields: Any) -> bytes:
    """One event as a line of JSON."""
    return json.dumps({"event": event, **fields}).encode() + b"\n"


def decode(line: bytes, token: str) -> dict[str, Any]:
    """Raises ValueError when the line is no event of the worker that has this token."""
    event = json.loads(line)
    if (
        not isinstance(event, dict)
        or event.pop("token", None) != token
        or not isinstance(event.get("event"), str)
    ):
        raise ValueError(f"not an event: {line[:80]!r}")
    return event


def check_from(fields: dict[str, Any]) -> Check:
    return Check(**{**fields, "aspect": Aspect(fields["aspect"])})


def problem_from(fields: dict[str, Any]) -> Problem:
    return Problem(finding_from(fields["finding"]), str(fields["hint"]))


def comparison_from(fields: dict[str, Any]) -> Comparison:
    """From the fields of an event. Raises KeyError, TypeError or ValueError on anything else."""
    rows = tuple(
        ComparedQuantity(str(row["quantity"]), _number(row["yours"]), _number(row["reference"]))
        for row in fields["rows"]
    )
    return Comparison(str(fields["call"]), rows, str(fields["remark"]))


def _number(value: Any) -> float | None:
    return value if value is None or isinstance(value, int) else float(value)
