"""What `update` wants done outside of the model, as data. Who does it: `carrying_out.py`; a grading: `grading.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.kata.catalogue import Day
from grader.results import ExerciseResult
from grader.source.fingerprints import Source


@dataclass(frozen=True, slots=True)
class OpenDay:
    """Go to a day: read its file, and the verdicts on record. Answered by `DayOpened`."""

    day: Day
    focus: str = ""  # the exercise to begin with; empty for the one that comes next


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Read a day's file. Answered by `FileRead`."""

    day: Day


@dataclass(frozen=True, slots=True)
class StartGrading:
    """Judge exercises, in this order, instead of whatever is being judged. Answered by `Judged`s and a `Graded`."""

    number: int  # of the grading
    day: Day
    names: tuple[str, ...]
    text: str | None  # of the file, as it was read; None when it is not there
    sources: Mapping[str, Source]  # its exercises: what a verdict on this text will be filed under


@dataclass(frozen=True, slots=True)
class LookDeeper:
    """Take the deeper look at an exercise that has passed the first one, once there is nothing else to do.

    Whatever is to be judged takes its place. Answered by `LookedDeeper`.
    """

    number: int  # of the deeper look
    day: Day
    first: ExerciseResult  # what the first look found
    text: str | None  # of the file, as it was read
    source: Source  # the exercise: what a verdict on this text will be filed under


@dataclass(frozen=True, slots=True)
class DrawPicture:
    """Make the picture of an exercise whose verdict is known, once there is nothing to judge. Answered by `Drawn`."""

    day: Day
    name: str
    text: str | None  # of the file, as it was read
    source: Source  # the exercise, as it will be drawn


@dataclass(frozen=True, slots=True)
class StopGrading:
    """Break off what is being judged or looked at."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Have a worker get ready for the next save, for these exercises in this order."""

    day: Day
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowVersions:
    """Set an exercise beside its reference. Answered by `VersionsShown`."""

    day: Day
    name: str


@dataclass(frozen=True, slots=True)
class ReadStandings:
    """Ask the record what is passed, of every day. Answered by `StandingsRead`."""


@dataclass(frozen=True, slots=True)
class ResetStub:
    """Bring the stub of an exercise back. Answered by `StubReset`."""

    day: Day
    name: str


@dataclass(frozen=True, slots=True)
class OpenEditor:
    """Open a file in the learner's editor. Answered by `EditorOpened`."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class TryCase:
    """Open Python with the failing case of an exercise. Answered by `CaseTried`."""

    day: Day
    name: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave."""


Effect = (
    OpenDay
    | ReadFile
    | StartGrading
    | LookDeeper
    | DrawPicture
    | StopGrading
    | WarmUp
    | ShowVersions
    | ReadStandings
    | ResetStub
    | OpenEditor
    | TryCase
    | Quit
)
