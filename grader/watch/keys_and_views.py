"""What keys mean and what is shown, mode by mode. The list of exercises has a file of its own, `search.py`.

A new key of the board goes into `ACTIONS`, with the word that the screen has for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from grader.kata import catalogue, hints
from grader.pictures import Picture, frame_to_begin_with
from grader.report.watch_views import BoardView, PageView, PictureView, page_room
from grader.results import ACCEPTED, Status
from grader.watch.effects import (
    Effect,
    OpenDay,
    OpenEditor,
    Quit,
    ReadStandings,
    ResetStub,
    ShowVersions,
    TryCase,
)
from grader.watch.model import Hints, Model, Moment, Step

LONG = 2.0  # seconds after which it is said how long something has been checked
_WIDEST = 79  # columns of a hint


@dataclass(frozen=True, slots=True)
class Board:
    """The day's table, with what there is to say of the exercise in focus."""

    stays = True

    def press(self, key: str, model: Model, now: Moment) -> Step:
        action = ACTIONS.get(key)
        return action.answer(model, now) if action else (model, ())

    def view(self, model: Model, now: Moment) -> BoardView:
        if not model.hints.open:
            return board_view(model, now, "")
        shown = model.hints.shown
        short = _hints(model, now, from_stage=shown) if shown > 1 else ""
        return replace(board_view(model, now, _hints(model, now)), below_in_short=short)


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked below the board. Yes has an effect; every other key means no, and there is a word for that."""

    text: str
    if_yes: Effect
    if_no: str = ""

    stays = False

    def press(self, key: str, model: Model, now: Moment) -> Step:
        model = replace(model, mode=Board())
        if key in {"y", "Y"}:
            return model, (self.if_yes,)
        return (model.saying(self.if_no) if self.if_no else model), ()

    def view(self, model: Model, now: Moment) -> BoardView:
        return board_view(model, now, self.text)


@dataclass(frozen=True, slots=True)
class Page:
    """Lines that fill the screen, from one of them on."""

    lines: Sequence[str]
    first: int = 0  # it may be too far, and is then as far as the page goes

    stays = False

    def press(self, key: str, model: Model, now: Moment) -> Step:
        if key not in {"up", "down"}:
            return replace(model, mode=Board()), ()
        first = self._first(now) + (1 if key == "down" else -1)
        return replace(model, mode=replace(self, first=first)), ()

    def view(self, model: Model, now: Moment) -> PageView:
        return PageView(self.lines, self._first(now))

    def _first(self, now: Moment) -> int:
        """The first line that is shown, so that the page is as full as it can be."""
        return max(0, min(self.first, len(self.lines) - page_room(now.rows)))


@dataclass(frozen=True, slots=True)
class Leafing:
    """A picture that fills the screen. Arrows go through its frames, from the last to the first one, too."""

    picture: Picture
    frame: int

    stays = False

    def press(self, key: str, model: Model, now: Moment) -> Step:
        if key not in {"left", "right"}:
            return replace(model, mode=Board()), ()
        frame = (self.frame + (1 if key == "right" else -1)) % len(self.picture.frames)
        return replace(model, mode=replace(self, frame=frame)), ()

    def view(self, model: Model, now: Moment) -> PictureView:
        return PictureView(self.picture, self.frame)


# ---- the keys of the board


def _next(model: Model, now: Moment) -> Step:
    if name := model.first_open(after=model.focus):
        return model.turned_to(name), ()
    days = catalogue.days()
    following = days[days.index(model.day) + 1 :]
    if following:
        return model, (OpenDay(following[0]),)
    return model.saying("That was the last one. You are through."), ()


def _hint(model: Model, now: Moment) -> Step:
    seen = model.hints
    shown = seen.shown + 1 if seen.open or not seen.shown else seen.shown  # folded ones come back first
    # What was said of a file or a save has been read by then; what goes on is still said.
    status = model.status if model.grading.checking else ""
    return replace(model, hints=Hints(min(shown, len(_stages(model))), open=True), status=status), ()


def _solution(model: Model, now: Moment) -> Step:
    model, show = _folded(model), ShowVersions(model.day, model.focus)
    if model.passed(model.focus):
        return model, (show,)
    return _asking(model, f"{model.focus} has not passed yet. Show its solution all the same? y/N", show)


def _reset(model: Model, now: Moment) -> Step:
    text = f"Bring the stub of {model.focus} back? Your file is kept beside it. y/N"
    return _asking(_folded(model), text, ResetStub(model.day, model.focus), "nothing was reset")


def _all(model: Model, now: Moment) -> Step:
    return model.judging(model.state.names, now, first=[model.focus])


def _edit(model: Model, now: Moment) -> Step:
    result = model.verdicts().get(model.focus)
    told = result.lead.line if result and result.lead else None
    return model, (OpenEditor(model.state.file, told or model.state.line_of(model.focus) or 1),)


def _try(model: Model, now: Moment) -> Step:
    result = model.verdicts().get(model.focus)
    if result is None or result.status in ACCEPTED | {Status.TODO, Status.INCONCLUSIVE}:
        return model.saying(f"{model.focus} has no failing case: t opens Python with one"), ()
    return _folded(model), (TryCase(model.day, model.focus),)


def _picture(model: Model, now: Moment) -> Step:
    name, drawing = model.focus, model.state.drawing_of(model.focus)
    not_yet = f"there is no picture of {name} yet: it follows the verdict"
    if name in model.grading.checking or drawing is None:
        return model.saying(not_yet), ()
    if drawing.picture is None:
        return model.saying(f"there is no picture of {name}: {drawing.why_none}"), ()
    model = model.saying("") if model.status == not_yet else model
    return replace(model, mode=Leafing(drawing.picture, frame_to_begin_with(drawing.picture))), ()


def _asking(model: Model, text: str, if_yes: Effect, if_no: str = "") -> Step:
    return replace(model, mode=Question(text, if_yes, if_no)), ()


def _folded(model: Model) -> Model:
    return replace(model, hints=replace(model.hints, open=False))


class Action(NamedTuple):
    """What a key of the board does, and the word that stands beside it on the screen; none for one that everybody knows."""

    word: str
    answer: Callable[[Model, Moment], Step]


ACTIONS = {
    "n": Action("next", _next),
    "h": Action("hint", _hint),
    "l": Action("list", lambda model, now: (model, (ReadStandings(),))),
    "s": Action("solution", _solution),
    "r": Action("reset", _reset),
    "a": Action("run all", _all),
    "e": Action("edit", _edit),
    "t": Action("try", _try),
    "p": Action("picture", _picture),
    "escape": Action("", lambda model, now: (_folded(model), ())),
    "q": Action("quit", lambda model, now: (model, (Quit(),))),
}


# ---- the board


def board_view(model: Model, now: Moment, below: str) -> BoardView:
    """The day's board, with a text under it."""
    state, grading = model.state, model.grading
    drawing = state.drawing_of(model.focus) if model.focus not in grading.checking else None
    return BoardView(
        day=model.day.key,
        title=model.day.title,
        file=str(state.file),
        exercises=[(exercise.name, exercise.stretch) for exercise in model.day.exercises],
        focus=model.focus,
        summary=model.day.exercise(model.focus).summary,
        line=state.line_of(model.focus),
        verdicts=model.verdicts(),
        checking=grading.checking,
        timing=grading.timing,
        looking=model.deeper.name,
        status=_status(model, now),
        below=below,
        picture=drawing.picture if drawing else None,
        not_drawn=drawing.why_none if drawing else "",
        page=tuple(line for line in model.page if line),
        problems=() if grading.checking else tuple(state.problems),
        keys=tuple((key, action.word) for key, action in ACTIONS.items() if action.word),
    )


def _status(model: Model, now: Moment) -> str:
    """What just happened; and how long something has been checked, when that takes a while."""
    checking, taken = model.grading.checking, now.seconds - model.grading.begun
    if not checking or taken < LONG:
        return model.status
    if model.focus in checking and model.status:
        return f"{model.status}, for {taken:.0f} s now"
    more = f" and {len(checking) - 1} more" if len(checking) > 1 else ""
    return f"{model.status}\nstill checking {min(checking)}{more}, for {taken:.0f} s now".strip()


def _hints(model: Model, now: Moment, from_stage: int = 1) -> str:
    """The hints that are shown, from one of them on, as wide as the screen is now."""
    stages, width = _stages(model), min(now.columns - 1, _WIDEST)
    shown = [
        f"hint {number} of {len(stages)}\n{hints.wrapped(stage, width)}"
        for number, stage in enumerate(stages[: model.hints.shown], start=1)
        if number >= from_stage
    ]
    last = model.hints.shown == len(stages)
    more = "that was the last hint, Esc folds" if last else "h says more, Esc folds"
    return "\n\n".join([*shown, more])


def _stages(model: Model) -> list[str]:
    return hints.read(model.day.hints_of(model.focus))
