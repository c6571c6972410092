"""The report: one HTML file with all that it shows inside, without scripts, for screens and for paper."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from grader.figures import MOST_FRAMES, svg
from grader.html.rows import rows_of
from grader.html.templating import environment
from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise
from grader.pictures import OUR_OWN_FAULT, Picture, frame_to_begin_with
from grader.record.standing import Entry, next_one, personal_bests
from grader.results import DayResult, ExerciseResult, RunResult, Status
from grader.source.excerpts import Numbered, excerpt

_STATIC = Path(__file__).parent / "static"
_PASSED = frozenset({Status.PASSED, Status.INCONCLUSIVE})  # what is skipped was not looked at
_OF_PROGRESS = frozenset({*_PASSED, Status.SKIPPED})


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about. `recorded` where its progress is what the record says, and not what was judged for it."""

    tree: Path
    made: str  # the day on which it was made, in words
    entries: Sequence[Entry]
    recorded: bool
    reference: bool = False  # whether it is of the reference itself, which is set beside nothing


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as figures: the frame that tells most, and some of all frames beside each other where there are several."""

    picture: Picture  # of that frame alone
    large: str
    beside: str = ""
    count: str = ""  # of the frames that lie beside each other: 8 of 24


@dataclass(frozen=True, slots=True)
class Shown:
    """An exercise as the report has it."""

    exercise: Exercise
    result: ExerciseResult
    best: float | None
    drawn: Drawn | None
    not_drawn: str
    yours: Numbered
    reference: Numbered


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day as the report has it."""

    day: Day
    result: DayResult
    exercises: Sequence[Shown]


def judged_now(result: RunResult) -> list[Entry]:
    """Progress by the verdicts of a run alone, for what no record is kept of."""
    found = []
    for judged in result.days:
        day = catalogue.find_day(judged.day)
        for one in judged.exercises:
            tried = one.status is not Status.TODO
            found.append(Entry(day, day.exercise(one.name), tried, one.status in _OF_PROGRESS, None))
    return found


def report(
    result: RunResult, about: About, tell: Callable[[str], None] = lambda selector: None
) -> tuple[str, list[str]]:
    """The whole file, and tracebacks of what went wrong in drawing. `tell` hears of each exercise that is put in."""
    maker = _Maker(about, tell)
    days = [maker.day(day) for day in result.days]
    text = (
        environment()
        .get_template("report.html")
        .render(
            about=about,
            style=_style(),
            rows=rows_of(about.entries),
            bests=personal_bests(about.entries),
            following=next_one(about.entries) if about.recorded else None,
            days=days,
            result=result,
        )
    )
    return text.lstrip(), maker.faults


def _style() -> Markup:
    """Of the parts and of the report: written by us, and so no text to be escaped."""
    return Markup(
        "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in ("parts.css", "report.css"))
    )


class _Maker:
    """Makes what is shown of what was judged."""

    def __init__(self, about: About, tell: Callable[[str], None]) -> None:
        self._about, self._tell = about, tell
        self._known = {entry.selector: entry for entry in about.entries}
        self.faults: list[str] = []

    def day(self, judged: DayResult) -> ShownDay:
        day = catalogue.find_day(judged.day)
        return ShownDay(day, judged, [self._exercise(day, judged, one) for one in judged.exercises])

    def _exercise(self, day: Day, judged: DayResult, result: ExerciseResult) -> Shown:
        selector = f"{day.key}.{result.name}"
        self._tell(selector)
        entry = self._known.get(selector)
        drawn, trouble = self._drawn(result.picture, result.not_drawn)
        opened = not self._about.reference and self._has_passed(result, entry)
        return Shown(
            exercise=day.exercise(result.name),
            result=result,
            best=entry.best if entry else None,
            drawn=drawn,
            not_drawn=trouble,
            yours=_lines(judged.source or "", result.name) if opened else (),
            reference=_lines(day.solution.read_text(encoding="utf-8"), result.name) if opened else (),
        )

    def _has_passed(self, result: ExerciseResult, entry: Entry | None) -> bool:
        """Whether it passes now, and has passed with its timing, too, as far as anybody keeps a record of it."""
        timed = result.whole or not self._about.recorded or (entry is not None and entry.passed)
        return timed and result.status in _PASSED

    def _drawn(self, picture: Picture | None, trouble: str) -> tuple[Drawn | None, str]:
        """Figures of a picture, and why there is none, or less than there might be."""
        if "\n" in trouble:  # a traceback of ours
            self.faults.append(trouble)
            trouble = OUR_OWN_FAULT
        if picture is None:
            return None, trouble
        try:
            return draw(picture), trouble
        except Exception:
            import traceback  # here: most reports need none

            self.faults.append(traceback.format_exc())
            return None, OUR_OWN_FAULT


def draw(picture: Picture) -> Drawn:
    """Its figures, as addresses that hold all of them."""
    begin, count = frame_to_begin_with(picture), len(picture.frames)
    frame = picture.frames[begin]
    title = frame.title or f"frame {begin + 1} of {count}"
    alone = replace(picture, frames=(replace(frame, title=title) if count > 1 else frame,))
    large = _address(svg(picture, frame=begin, words=False))
    if count == 1:
        return Drawn(alone, large)
    shown = f"{min(count, MOST_FRAMES)} of {count}" if count > MOST_FRAMES else f"all {count}"
    return Drawn(alone, large, _address(svg(picture, words=False)), shown)


def _address(figure: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(figure.encode()).decode()}"


def _lines(text: str, name: str) -> Numbered:
    """A definition's lines; none where the file cannot be taken apart, or has no such definition."""
    try:
        return excerpt(text, name) or ()
    except (SyntaxError, ValueError):
        return ()
