"""What somebody asks for on the page beside the editor, and what is told of it."""

from __future__ import annotations

from dataclasses import replace

from grader.kata import catalogue, hints
from grader.kata.catalogue import UnknownSelector
from grader.page.protocol import ExerciseWanted, HintWanted, NextWanted, Opened, Trouble
from grader.watch.effects import OpenDay
from grader.watch.events import FromPage
from grader.watch.keys_and_views import ACTIONS, Board
from grader.watch.model import Hints, Model, Moment, Step, own_fault


def answered(model: Model, event: FromPage, now: Moment) -> Step:
    """Answer it. What is asked of another exercise than the one in focus comes of an old page, and is left alone."""
    match event.asked:
        case Opened(address, forward):
            return replace(model, page=(address, forward)), ()
        case HintWanted(day, name, level) if (day, name) == (model.day.key, model.focus):
            stages = len(hints.read(model.day.hints_of(name)))
            shown = min(max(level, model.hints.shown), stages)
            return replace(model, hints=Hints(shown, open=model.hints.open)), ()
        case ExerciseWanted(day, name):
            return _gone_to(model, day, name)
        case NextWanted(day, name) if (day, name) == (model.day.key, model.focus):
            return ACTIONS["n"].answer(_on_the_board(model), now)
        case Trouble(text):
            return model.saying(own_fault(text) if "\n" in text else f"the page: {text}"), ()
        case None:
            return replace(model, page=("", "")).saying(f"the page: {event.note}"), ()
    return model, ()


def _gone_to(model: Model, key: str, name: str) -> Step:
    try:
        (day,) = (day for day in catalogue.days() if day.key == key)
        day.exercise(name)
    except (ValueError, UnknownSelector):  # none that there is
        return model, ()
    model = _on_the_board(model)
    if day == model.day:
        return model.turned_to(name), ()
    return model, (OpenDay(day, name),)


def _on_the_board(model: Model) -> Model:
    """What the terminal asked or showed was of the exercise before."""
    return replace(model, mode=Board())
