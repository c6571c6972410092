"""What the page says at a moment: a piece of HTML for each of its places."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from grader.html.rows import Row, rows_of
from grader.html.templating import environment
from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise
from grader.kata.stubs import stub
from grader.page.protocol import State
from grader.pictures import Picture, frame_to_begin_with
from grader.record.standing import Entry, Standings, entries, next_one
from grader.results import ACCEPTED, Status
from grader.source.syntax import Definition, functions_in, parse, split_lines

SECTIONS = (
    "title",
    "said",
    "top",
    "marks",
    "verdict",
    "picture",
    "comparison",
    "hints",
    "task",
    "lesson",
    "days",
)
_STAGES = ("a question", "the idea", "almost the code")


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are given. `standings` is what the record says; None where there is none, and `unknown` says why."""

    state: State
    key: str  # of the picture
    picture: Picture | None
    old_picture: bool  # whether it is of an earlier save
    standings: Standings | None
    unknown: str

    @property
    def day(self) -> Day:
        return catalogue.find_day(self.state.day)

    @property
    def exercise(self) -> Exercise:
        return self.day.exercise(self.state.focus)

    @property
    def status(self) -> Status | None:
        """The verdict on the focus."""
        return self.state.result.status if self.state.result else None

    @property
    def known(self) -> bool:
        return self.standings is not None

    @property
    def core(self) -> list[str]:
        return [exercise.name for exercise in self.day.exercises if not exercise.stretch]

    @property
    def core_done(self) -> int:
        return sum(mark.status in ACCEPTED for mark in self.state.marks if not mark.stretch)

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Where the figures of the picture are, for a light page and for a dark one."""
        frames = range(len(self.picture.frames)) if self.picture else ()
        return [(f"/figure/{self.key}/{n}.svg", f"/figure/{self.key}/{n}-dark.svg") for n in frames]

    @property
    def begin(self) -> int:
        """The frame that is shown first."""
        return frame_to_begin_with(self.picture) if self.picture else 0

    @property
    def stages(self) -> list[str]:
        """The hints that are shown, and an empty text for each that is not."""
        return [*self.state.hints, *[""] * (self.state.stages - len(self.state.hints))]

    @staticmethod
    def kind_of_stage(level: int) -> str:
        return _STAGES[level - 1] if level <= len(_STAGES) else ""

    @property
    def head(self) -> str:
        return head_of(self.state.day, self.state.focus)

    @property
    def lesson(self) -> str:
        return lesson_of(self.state.day)

    @property
    def rows(self) -> list[Row]:
        every = entries(catalogue.select(["all"]), self.standings or {})
        marks = {mark.name: mark.status for mark in self.state.marks}
        return rows_of([self._with_mark(entry, marks.get(entry.exercise.name)) for entry in every])

    @property
    def following(self) -> Entry | None:
        """What comes next, by the record and by what is known of this day."""
        return next_one([entry for row in self.rows for entry in row.entries]) if self.known else None

    def _with_mark(self, entry: Entry, status: Status | None) -> Entry:
        """Of the day at hand more is known than the record has."""
        if entry.day != self.day or status is None:
            return entry
        tried = entry.tried or status is not Status.TODO
        passed = entry.passed or status in ACCEPTED
        return Entry(entry.day, entry.exercise, tried, passed, entry.best)


class Contents:
    """Puts together what the page says."""

    def __init__(self) -> None:
        self._templates = environment("grader.page")
        self._macros = self._templates.get_template("sections.html").module

    def sections(self, view: View) -> dict[str, str]:
        """A piece of HTML for each place."""
        return {name: str(getattr(self._macros, name)(view)).strip() for name in SECTIONS}

    def page(self, sections: dict[str, str], ended: str) -> str:
        """The whole page."""
        places = {name: Markup(html) for name, html in sections.items()}  # made by our own templates
        return self._templates.get_template("page.html").render(sections=places, ended=ended)

    def message(self, heading: str, text: str, *, again: bool = False) -> str:
        """A page that says one thing; `again` for one that looks for the real page by itself."""
        return self._templates.get_template("message.html").render(heading=heading, text=text, again=again)


@cache
def lesson_of(key: str) -> str:
    """The lesson of a day."""
    return (catalogue.LESSONS / catalogue.find_day(key).folder / "README.md").read_text(encoding="utf-8")


@cache
def head_of(key: str, name: str) -> str:
    """How an exercise is to be called: its first lines, as the stub has them; of a class those of its methods, too."""
    lines = split_lines(stub(catalogue.find_day(key).solution.read_text(encoding="utf-8")))
    for node in parse("".join(lines)).body:
        if isinstance(node, Definition) and node.name == name:
            heads = [node, *(functions_in(node) if isinstance(node, ast.ClassDef) else ())]
            return "".join(
                line for one in heads for line in lines[one.lineno - 1 : one.body[0].lineno - 1]
            ).rstrip()
    return ""
