"""The result of a grading as an event: the run as data, and what is ready to be shown."""

from __future__ import annotations

import importlib
import threading
import traceback
from dataclasses import asdict

from grader.kata.catalogue import Day
from grader.pictures import Picture, frame_to_begin_with
from grader.report import in_plain_text, machine
from grader.results import RunResult
from grader.serve.answers import ways_of
from grader.serve.lines import Event
from grader.serve.requests import Grade


def result_event(asked: Grade, day: Day, result: RunResult, *, final: bool = True) -> Event:
    """The fields of an event: of the result, or of a verdict to which more is to come."""
    (exercise,) = result.days[0].exercises
    ways = ways_of(asked)
    event: Event = {
        "exercise": f"{day.key}.{exercise.name}",
        "status": exercise.status.value,
        "text": in_plain_text(result, ways),
    }
    drawn: dict[str, str] | None = None
    if final:
        event["run"] = machine.document(result)
        picture, trouble = exercise.picture, exercise.not_drawn
        if asked.picture:
            event["picture"] = asdict(picture) if picture else None
        if asked.figure:
            drawn, trouble = _drawn(picture, trouble)
            event["figure"] = drawn
        if asked.picture or asked.figure:
            event["not_drawn"] = trouble
    if asked.html:
        from grader.html import in_notebook  # here: templates are needed by those alone who show HTML

        figure = in_notebook.Figure(**drawn) if drawn else None
        event["html"] = in_notebook.verdict(result, day, ways, figure)
    return event


def _drawn(picture: Picture | None, trouble: str) -> tuple[dict[str, str] | None, str]:
    """A picture as SVG, and why there is none."""
    if picture is None:
        return None, trouble
    try:
        from grader import figures  # here: as above

        begin = frame_to_begin_with(picture)
        several = len(picture.frames) > 1
        return {
            "light": figures.svg(picture, frame=begin, words=False),
            "dark": figures.svg(picture, dark=True, frame=begin, words=False),
            "beside": figures.svg(picture, words=False) if several else "",
        }, trouble
    except Exception:
        return None, traceback.format_exc()


def prepare(asked: Grade) -> threading.Thread | None:
    """Import meanwhile what figures are drawn with, which takes a moment."""

    if not asked.figure:
        return None
    thread = threading.Thread(
        target=importlib.import_module, args=("grader.figures",), name="figures", daemon=True
    )
    thread.start()
    return thread
