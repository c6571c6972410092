"""What happens while somebody watches, as data: saves, keys, verdicts, and answers to effects. All of it goes to `update`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.kata.catalogue import Day
from grader.page.protocol import Asked
from grader.pictures import Picture
from grader.results import ACCEPTED, ExerciseResult, Problem
from grader.source.fingerprints import Source

# ---- from the listeners


@dataclass(frozen=True, slots=True)
class Saved:
    """Something was written below the learner's tree."""

    files: frozenset[Path]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key."""

    key: str


@dataclass(frozen=True, slots=True)
class Redraw:
    """The window has another size, or the program came back from being suspended."""


@dataclass(frozen=True, slots=True)
class Tick:
    """For a while nothing else has happened."""


@dataclass(frozen=True, slots=True)
class FromPage:
    """What somebody asks for on the page beside the editor, or what becomes of it; None when it is gone, and `note` says why."""

    asked: Asked | None
    note: str = ""


# ---- from a grading, in a thread of its own


@dataclass(frozen=True, slots=True)
class Judged:
    """An exercise has its verdicts.

    `source` is the exercise as it was judged; None when the file was written meanwhile, so that nobody can tell. A verdict
    that is not `final` says nothing about speed yet.
    """

    grading: int  # its number
    day: str
    result: ExerciseResult
    source: Source | None
    final: bool

    @property
    def settled(self) -> bool:
        """Whether nothing is to come that could change it: what is wrong is not timed."""
        return self.final or self.result.status not in ACCEPTED


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading is over, and its attempts are recorded."""

    grading: int  # its number
    problems: Sequence[Problem] = ()  # of the file as a whole
    faults: Sequence[str] = ()  # the grader's own
    notices: Sequence[str] = ()  # what the record has to say
    outdated: bool = False  # the file was written meanwhile


@dataclass(frozen=True, slots=True)
class LookedDeeper:
    """A deeper look is over, and recorded.

    `result` is that of both looks; None when it was broken off, or no verdict came of it for a fault of ours.
    """

    number: int  # of the deeper look
    day: str
    name: str
    result: ExerciseResult | None = None
    source: Source | None = None  # the exercise as it was judged; None when the file was written meanwhile
    faults: Sequence[str] = ()
    notices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an exercise did, as a picture.

    Where there is none, `trouble` says why: a line for the learner, or a traceback of ours.
    """

    day: str
    name: str
    picture: Picture | None
    trouble: str
    source: Source | None  # the exercise as it was drawn; None when the file was written meanwhile


@dataclass(frozen=True, slots=True)
class Broken:
    """The grader itself failed; `grading` is the number of the one that ended by it, if one did."""

    text: str
    grading: int | None = None


# ---- answers to effects


@dataclass(frozen=True, slots=True)
class DayOpened:
    """A day's file was read, and the verdicts on record that still hold."""

    day: Day
    text: str | None  # None when the file is not there
    results: Mapping[str, ExerciseResult]
    focus: str = ""  # the exercise that was asked for
    notices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FileRead:
    """A day's file as it is now; None when it is not there."""

    day: Day
    text: str | None


@dataclass(frozen=True, slots=True)
class VersionsShown:
    """An exercise beside its reference, as lines."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class StandingsRead:
    """The exercises that were ever passed, as (day, name)."""

    passed: frozenset[tuple[str, str]]
    notices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StubReset:
    """A stub is back, or was there already, or (`problem`) could not be brought back."""

    backup: Path | None = None  # the file as it was
    problem: str = ""


@dataclass(frozen=True, slots=True)
class EditorOpened:
    """An editor was opened, and left if it took the terminal. `note` is what to say of it."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class CaseTried:
    """Python with a failing case was opened, and left. `note` is what to say of it."""

    note: str = ""


Event = (
    Saved
    | Pressed
    | Redraw
    | Tick
    | FromPage
    | Judged
    | Graded
    | LookedDeeper
    | Drawn
    | Broken
    | DayOpened
    | FileRead
    | VersionsShown
    | StandingsRead
    | StubReset
    | EditorOpened
    | CaseTried
)
