"""What `watch` shows, as plain data: a type for each kind of screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.pictures import Picture
from grader.results import ExerciseResult, Problem


@dataclass(frozen=True, slots=True)
class BoardView:
    """One day: its table, what there is to say of the exercise in focus, a line of keys."""

    day: str  # "day07"
    title: str
    file: str
    exercises: Sequence[tuple[str, bool]]  # name, stretch
    focus: str
    summary: str  # what the focus is about, in a line
    line: int | None = None  # where the focus begins in the file
    verdicts: Mapping[str, ExerciseResult] = field(default_factory=dict)
    checking: frozenset[str] = frozenset()
    timing: Mapping[str, ExerciseResult] = field(default_factory=dict)  # right so far, and still to be timed
    looking: str = ""  # the exercise that is being looked at deeper
    status: str = ""  # what just happened
    below: str = ""  # hints, or a question
    below_in_short: str = (
        ""  # the newest hint alone, for a screen that has no room for all; nothing where that is all
    )
    picture: Picture | None = None  # of what the focus did
    not_drawn: str = ""  # why there is none, in a line
    page: Sequence[str] = ()  # where the page beside the editor is, and what reaches it from elsewhere
    problems: Sequence[Problem] = ()  # of the file as a whole
    keys: Sequence[tuple[str, str]] = ()  # each with its word


@dataclass(frozen=True, slots=True)
class SearchView:
    """The list of exercises, with what was typed to search it."""

    rows: Sequence[tuple[str, str, str]]  # "day07.ravel", sign, summary
    typed: str
    chosen: int  # the number of a row


@dataclass(frozen=True, slots=True)
class PageView:
    """Lines that fill the screen, from one of them on."""

    lines: Sequence[str]
    first: int = 0


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture that fills the screen, with one of its frames."""

    picture: Picture
    frame: int


View = BoardView | SearchView | PageView | PictureView


def page_room(rows: int) -> int:
    """How many lines of a page are shown at a time in a terminal of so many rows."""
    return max(rows - 2, 1)
