"""A kata of two small days, for tests of `watch` that judge nothing: its days, texts of its files, made-up verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.findings import Finding, Kind
from grader.kata import catalogue, hints
from grader.kata.catalogue import Day, Exercise
from grader.results import Aspect, CheckResult, Comparison, ExerciseResult, Status
from grader.watch.model import Moment

DAY = Day(
    1,
    "one",
    "one",
    "Averages",
    (
        Exercise("mean", False, "The average.", "The average of all entries."),
        Exercise("norm", False, "The length.", "The Euclidean length."),
        Exercise("rank", True, "The order.", "Where each entry stands."),
    ),
)
NEXT = Day(2, "two", "two", "Sums", (Exercise("total", False, "The sum.", "All added."),))
DAYS = (DAY, NEXT)
TREE = Path("/kata/exercises")
NOW = Moment(100.0, "12:00:00", columns=80, rows=24)


@pytest.fixture
def small_kata(monkeypatch: pytest.MonkeyPatch) -> None:
    """The days of the kata are these two, with three hints for each exercise."""
    monkeypatch.setattr(catalogue, "days", lambda: DAYS)
    monkeypatch.setattr(
        hints, "read", lambda file: [f"{file.parent.name} {stage}" for stage in ("a", "b", "c")]
    )


def text_of(day: Day = DAY, **bodies: str) -> str:
    """A file in which each exercise has a body of one line, `raise NotImplementedError` if it is not given."""
    return "\n\n".join(
        f"def {exercise.name}(x):\n    {bodies.get(exercise.name, 'raise NotImplementedError')}\n"
        for exercise in day.exercises
    )


def result(
    name: str,
    status: Status = Status.PASSED,
    *,
    line: int | None = None,
    says: str = "",
    timed: Status | None = None,
    whole: bool = True,
    compared: str = "",
) -> ExerciseResult:
    """A verdict by one check on correctness, and one on speed if `timed` gives its status."""
    finding = Finding(says, Kind.VALUE, line=line) if says or line else None
    checks = [CheckResult("by_hand", Aspect.CORRECT, status, finding=finding)]
    if timed:
        checks.append(CheckResult("beats_the_loop", Aspect.SPEED, timed, finding=finding))
    return ExerciseResult(
        name, name == "rank", tuple(checks), whole, Comparison(compared, ()) if compared else None
    )
