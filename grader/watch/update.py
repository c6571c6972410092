"""What each event changes: from a model and an event to the next model, and what has to be done outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader.kata import catalogue
from grader.kata.catalogue import Day
from grader.report.text import shown_path
from grader.results import ACCEPTED, ExerciseResult, Status
from grader.source.edits import edited_exercise
from grader.watch.asked import answered as answered_on_the_page
from grader.watch.effects import OpenDay, Quit, ReadFile, StopGrading
from grader.watch.events import (
    Broken,
    CaseTried,
    DayOpened,
    Drawn,
    EditorOpened,
    Event,
    FileRead,
    FromPage,
    Graded,
    Judged,
    LookedDeeper,
    Pressed,
    Redraw,
    Saved,
    StandingsRead,
    StubReset,
    Tick,
    VersionsShown,
)
from grader.watch.keys_and_views import Board, Page
from grader.watch.model import OWN_FAULT, DayState, Drawing, Grading, Hints, Model, Moment, Step
from grader.watch.search import Search

LEAVING = frozenset({"interrupt", "end"})  # keys that leave whatever is on the screen


def begun(day: Day, tree: Path, seen: dict[str, str | None]) -> Model:
    """A model that knows nothing of a day yet. `seen` are the texts of all days' files."""
    state = DayState(day, day.file_in(tree)).with_text(None)
    return Model(tree, state, Board(), focus=state.names[0], seen=seen)


def update(model: Model, event: Event, now: Moment) -> Step:
    """Answer an event. A pure function, but for the kata's own files (its days, its hints), which it may read."""
    model, effects = _answered(model, event, now)
    model, drawing = model.asking_for_a_picture()
    return model, (*effects, *drawing)


def _answered(model: Model, event: Event, now: Moment) -> Step:
    match event:
        case Pressed(key):
            return (model, (Quit(),)) if key in LEAVING else model.mode.press(key, model, now)
        case FromPage():
            return answered_on_the_page(model, event, now)
        case Saved(files):
            return _saved(model, files)
        case FileRead():
            return _file_read(model, event, now)
        case DayOpened():
            return _day_opened(model, event, now)
        case Judged():
            return _judged(model, event, now), ()
        case Graded():
            return _graded(model, event, now)
        case LookedDeeper():
            return _looked_deeper(model, event)
        case Drawn():
            return _drawn(model, event), ()
        case Broken(text, number):
            if number == model.grading.number:
                model = replace(model, grading=_ended(model.grading))
            return model.saying(f"{OWN_FAULT}\n{text}"), ()
        case VersionsShown(lines):
            return replace(model, mode=Page(lines)), ()
        case StandingsRead(passed, notices):
            mode = Search.opened((model.day, model.focus), passed)
            return replace(model, mode=mode, notices=(*model.notices, *notices)), ()
        case StubReset():
            return _stub_reset(model, event), ()
        case EditorOpened(note) | CaseTried(note):
            return (model.saying(note) if note else model), ()
        case Tick():
            return model, (ReadFile(model.day),) if model.grading.outdated else ()
        case Redraw():
            return model, ()


# ---- files


def _saved(model: Model, files: frozenset[Path]) -> Step:
    if model.state.file in files:
        return model, (ReadFile(model.day),)
    other = next((day for day in catalogue.days() if day.file_in(model.tree) in files), None)
    return model, (OpenDay(other),) if other else ()


def _file_read(model: Model, event: FileRead, now: Moment) -> Step:
    """Judge what has changed, and what has no verdict yet."""
    if event.day != model.day:
        return model, ()
    before, seen, state = model.state.text, model.seen.get(model.day.key), model.state.with_text(event.text)
    model = replace(model, state=state, grading=replace(model.grading, outdated=False))
    if event.text is None:
        stubs = f"python -m grader reset {model.day.key}"
        return model.saying(
            f"{shown_path(state.file)} is not there any more. Its stubs come back with: {stubs}"
        ), ()
    model = replace(model, seen={**model.seen, model.day.key: event.text})
    being_judged = event.text == before and not model.grading.over
    names = [] if being_judged else state.unsettled()
    if not names:
        model = model.saying(f"saved at {now.clock}: nothing in it has changed")
        return (model, ()) if model.deeper.name else model.looking_deeper()
    edited = edited_exercise(seen or "", event.text, state.names)
    first = [name for name in (edited, model.focus) if name in names]
    model = model.turned_to([*first, *names][0])
    model = replace(model, hints=replace(model.hints, open=False))
    return _with_the_board(model).judging(names, now, first=first)


def _day_opened(model: Model, event: DayOpened, now: Moment) -> Step:
    """Go there, with the verdicts that still hold; judge the rest."""
    day, seen = event.day, model.seen.get(event.day.key)
    state = DayState(day, day.file_in(model.tree)).with_text(event.text)
    for result in event.results.values():
        state = state.with_verdict(result, state.sources[result.name])
    edited = edited_exercise(seen or "", event.text or "", state.names)
    model = replace(
        _with_the_board(model),
        state=state,
        grading=Grading(model.grading.number),
        hints=Hints(),
        status="",
        notices=(*model.notices, *event.notices),
        seen={**model.seen, day.key: event.text},
    )
    model = replace(model, focus=event.focus or edited or model.first_open() or state.names[0])
    if names := state.unsettled():
        return model.judging(names, now, first=[model.focus])
    model, looks = model.telling().looking_deeper()
    return model, (StopGrading(), model.warm_up(), *looks)


def _with_the_board(model: Model) -> Model:
    return model if model.mode.stays else replace(model, mode=Board())


def _stub_reset(model: Model, event: StubReset) -> Model:
    if event.problem:
        return model.saying(f"nothing was reset: {event.problem}")
    if not event.backup:
        return model.saying("it is the stub already")
    # The save that follows is heard like any other, and the verdict says this with it.
    kept = f"your file as it was: {shown_path(event.backup)}"
    return replace(model, notices=(*model.notices, kept)).saying("it is the stub again")


# ---- verdicts


def _judged(model: Model, event: Judged, now: Moment) -> Model:
    """File a verdict where it fits, whichever grading it is of; what is being checked is the newest one's affair."""
    name, grading = event.result.name, model.grading
    fits = event.day == model.day.key and event.source is not None
    if fits and event.settled and event.source:
        model = replace(model, state=model.state.with_verdict(event.result, event.source))
    if event.grading != grading.number or not event.source:
        return model
    if name == model.focus and name in grading.checking:
        more = "" if event.settled else "; timing it"
        taken = now.seconds - grading.begun
        model = model.saying(f"judged in {taken:.2f} s: {_in_a_word(event.result)}{more}")
    if event.settled:
        grading = replace(grading, checking=grading.checking - {name})
    else:
        grading = replace(grading, timing={**grading.timing, name: event.result})
    return replace(model, grading=grading)


def _graded(model: Model, event: Graded, now: Moment) -> Step:
    model = replace(model, notices=(*model.notices, *event.notices))
    if event.grading != model.grading.number:
        return model, ()
    taken = now.seconds - model.grading.begun
    words = [f"checked at {now.clock} in {taken:.2f} s", *model.notices]
    if event.faults:
        words.append(f"{OWN_FAULT} {event.faults[0]}")
    model = replace(
        model,
        state=replace(model.state, problems=event.problems),
        grading=replace(_ended(model.grading), outdated=event.outdated),
        notices=(),
    )
    if model.passed(model.focus):
        words += _what_else(model)
    model, looks = model.saying("\n".join(words)).looking_deeper()
    return model, (model.warm_up(), *looks)


def _looked_deeper(model: Model, event: LookedDeeper) -> Step:
    """File the verdict of both looks where it fits, and go on with the next exercise that is owed a deeper look."""
    name, result, source, look = event.name, event.result, event.source, model.deeper
    model = replace(model, notices=(*model.notices, *event.notices))
    if not look.name or event.number != look.number:  # it was broken off
        return model, ()
    if event.faults:
        model = model.saying(f"{OWN_FAULT}\n{event.faults[0]}")
    if result is None:
        given_up = look.given_up | {model.state.sources[name]}
        return replace(model, deeper=replace(look, given_up=given_up)).looking_deeper()
    if source is None:
        model = replace(model, grading=replace(model.grading, outdated=True))
        return model.looking_deeper()
    model = replace(model, state=model.state.with_verdict(result, source))
    if result.taken_back:
        there = "" if name == model.focus else ". n goes there"
        model = model.telling(f"the deeper look takes the pass of {name} back{there}")
    return model.looking_deeper()


def _drawn(model: Model, event: Drawn) -> Model:
    """Keep a picture where it fits: of the exercise as it stands."""
    if event.day != model.day.key or event.source is None:
        return model
    drawing = Drawing(event.picture, event.trouble, event.source)
    drawings = {**model.state.drawings, event.name: drawing}
    return replace(model, state=replace(model.state, drawings=drawings))


def _ended(grading: Grading) -> Grading:
    return replace(grading, checking=frozenset(), over=True)


def _in_a_word(result: ExerciseResult) -> str:
    if result.status is Status.TODO:
        return "still to do"
    return "right" if result.status in ACCEPTED else "not right yet"


def _what_else(model: Model) -> list[str]:
    """What somebody may not see whose exercise has passed: others that have not, and the end of the day."""
    day, verdicts, judged = model.day, model.verdicts(), model.grading.names
    others = [
        name for name in judged if name in verdicts and verdicts[name].status not in ACCEPTED | {Status.TODO}
    ]
    if others:
        return [f"not yet right: {', '.join(others)}. n goes there"]
    core = [exercise for exercise in day.exercises if not exercise.stretch]
    if model.focus in judged and all(model.passed(exercise.name) for exercise in core):
        left, last = model.first_open(after=model.focus), catalogue.days()[-1].number
        further = f"n goes to the stretch exercise {left}" if left else f"n goes to day {day.number + 1}"
        return [f"Day {day.number} is done. {further if left or day.number < last else 'You are through.'}"]
    return []
