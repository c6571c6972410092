"""A kata of two small days, for tests of `watch` that judge nothing: its days, their files, made-up verdicts, a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.findings import Finding, Kind
from grader.kata import catalogue, hints
from grader.kata.catalogue import Day, Exercise
from grader.report.watch_views import BoardView
from grader.results import Aspect, CheckResult, Comparison, ExerciseResult, Status
from grader.watch.effects import DrawPicture, Effect, LookDeeper, OpenDay, ReadFile, StartGrading
from grader.watch.events import DayOpened, Event, FileRead, Graded, Judged, LookedDeeper, Pressed, Saved
from grader.watch.model import Moment
from grader.watch.update import begun, update

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
RIGHT, WRONG = "return x", "return 0"
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
    deeper: Status | None = None,
) -> ExerciseResult:
    """A verdict by one check on correctness, one on speed if `timed` gives its status, one of the deeper look likewise."""
    finding = Finding(says, Kind.VALUE, line=line) if says or line else None
    checks = [CheckResult("by_hand", Aspect.CORRECT, status, finding=finding)]
    if timed:
        checks.append(CheckResult("beats_the_loop", Aspect.SPEED, timed, finding=finding))
    if deeper:
        cases = 80 if deeper is Status.PASSED else 3
        checks.append(CheckResult("in_many_cases", Aspect.DEEPER, deeper, finding=finding, cases=cases))
    return ExerciseResult(
        name, name == "rank", tuple(checks), whole, Comparison(compared, ()) if compared else None
    )


class Watching:
    """A model, and what it wants done. Files are read where they are asked for; everything else is only noted."""

    def __init__(self, **bodies: str) -> None:
        self.texts: dict[str, str | None] = {"day01": text_of(**bodies), "day02": text_of(NEXT)}
        self.model = begun(DAY, TREE, dict(self.texts))
        self.wanted: list[Effect] = []
        self.pictures: list[
            DrawPicture
        ] = []  # that it asks for: beside the rest, since it does after every verdict
        self.now = NOW
        self.on(DayOpened(DAY, self.texts["day01"], {}))

    def on(self, event: Event, later: float = 0.0) -> list[Effect]:
        """Answer an event, so many seconds later; what it wants done."""
        self.now = replace(self.now, seconds=self.now.seconds + later)
        before = len(self.wanted)
        self.model, wanted = update(self.model, event, self.now)
        for effect in wanted:
            if isinstance(effect, DrawPicture):
                self.pictures.append(effect)
                continue
            self.wanted.append(effect)
            if isinstance(effect, ReadFile):
                self.on(FileRead(effect.day, self.texts[effect.day.key]))
            elif isinstance(effect, OpenDay):
                self.on(DayOpened(effect.day, self.texts[effect.day.key], {}, effect.focus))
        return self.wanted[before:]

    def press(self, *keys: str) -> list[Effect]:
        return [effect for key in keys for effect in self.on(Pressed(key))]

    def save(self, text: str | None = None, day: Day = DAY, **bodies: str) -> list[Effect]:
        """Write a day's file, and have it heard."""
        self.texts[day.key] = text_of(day, **bodies) if text is None else text
        return self.on(Saved(frozenset({day.file_in(TREE)})))

    def judged(
        self, name: str, status: Status = Status.PASSED, later: float = 0.0, **details: object
    ) -> None:
        """A verdict of the newest grading, on the exercise as it stands."""
        source = self.model.state.sources[name]
        final = bool(details.get("whole", True))
        verdict = result(name, status, **details)  # type: ignore[arg-type]
        self.on(Judged(self.model.grading.number, self.model.day.key, verdict, source, final), later)

    def graded(self, later: float = 0.0, **details: object) -> list[Effect]:
        return self.on(Graded(self.model.grading.number, **details), later)  # type: ignore[arg-type]

    def all_judged(self, **statuses: Status) -> None:
        """The newest grading comes to its end: passed, where nothing else is said."""
        for name in self.model.grading.names:
            self.judged(name, statuses.get(name, Status.PASSED))
        self.graded()

    def looked(self, status: Status = Status.PASSED, **details: object) -> list[Effect]:
        """The deeper look that is being taken comes to its end."""
        look = self.model.deeper
        over = {"result": result(look.name, deeper=status), "source": self.model.state.sources[look.name]}
        return self.on(LookedDeeper(look.number, self.model.day.key, look.name, **over | details))  # type: ignore[arg-type]

    @property
    def board(self) -> BoardView:
        view = self.model.mode.view(self.model, self.now)
        assert isinstance(view, BoardView)
        return view

    @property
    def statuses(self) -> dict[str, str]:
        return {name: verdict.status.value for name, verdict in self.model.verdicts().items()}


@pytest.fixture
def watching() -> Watching:
    """The first day: `mean` is right, `norm` wrong, `rank` still to do."""
    found = Watching(mean=RIGHT, norm=WRONG)
    found.all_judged(norm=Status.FAILED, rank=Status.TODO)
    found.press("n")
    found.wanted.clear()
    return found


def judges(wanted: list[Effect]) -> tuple[str, ...]:
    """The exercises that are to be judged, in their order."""
    (grading,) = (effect for effect in wanted if isinstance(effect, StartGrading))
    return grading.names


def looks_at(wanted: list[Effect]) -> list[str]:
    """The exercises at which a deeper look is to be taken."""
    return [effect.first.name for effect in wanted if isinstance(effect, LookDeeper)]


@pytest.fixture
def two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core exercises have checks for a deeper look."""
    monkeypatch.setattr(Day, "has_deeper_look", lambda day, name: name != "rank")
