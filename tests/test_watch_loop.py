"""The loop of `watch`: it draws what has changed, and a fault of ours is told as ours and ends nothing."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from grader.report.watch_views import BoardView, PageView, View
from grader.source.fingerprints import sources
from grader.watch import keys_and_views
from grader.watch import loop as loops
from grader.watch.effects import Effect, OpenDay, Quit, ReadFile, StartGrading, WarmUp
from grader.watch.events import (
    DayOpened,
    Drawn,
    Event,
    FileRead,
    Judged,
    Pressed,
    Redraw,
    Saved,
    Tick,
)
from grader.watch.loop import Loop
from grader.watch.model import Model, Moment, Step
from grader.watch.update import begun
from tests.small_kata import DAY, TREE, result, small_kata, text_of

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata"]


class Screen:
    """Keeps what was drawn."""

    size = (80, 24)

    def __init__(self, *, takes_keys: bool = True) -> None:
        self.takes_keys = takes_keys
        self.drawn: list[View] = []

    def draw(self, view: View) -> None:
        self.drawn.append(view)

    @property
    def status(self) -> str:
        view = self.drawn[-1]
        assert isinstance(view, BoardView)
        return view.status


class Running:
    """A loop with everything on record as passed, so that nothing is judged but what a test saves."""

    def __init__(self, *, takes_keys: bool = True) -> None:
        self.screen, self.saved = Screen(takes_keys=takes_keys), text_of()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.failing: type[Effect] | None = None
        self.loop = Loop(begun(DAY, TREE, {}), self.carry_out, self.screen, self.events)

    def carry_out(self, effect: Effect) -> Event | None:
        if type(effect) is self.failing:
            raise RuntimeError("a bug of ours")
        if isinstance(effect, OpenDay):
            names = [exercise.name for exercise in effect.day.exercises]
            return DayOpened(effect.day, text_of(), {name: result(name) for name in names})
        return FileRead(DAY, self.saved) if isinstance(effect, ReadFile) else None

    def run(self, *events: Event) -> list[View]:
        """Let these events happen, then the end of the terminal; what was drawn."""
        for event in (*events, Pressed("end")):
            self.events.put(event)
        self.loop.run(OpenDay(DAY))
        return self.screen.drawn


SAVED = Saved(frozenset({DAY.file_in(TREE)}))


def test_the_screen_is_drawn_when_something_changes_or_somebody_asks() -> None:
    running = Running()
    running.run(Tick(), Judged(99, "day02", result("total"), None, True))
    assert len(running.screen.drawn) == 1
    running = Running()
    running.run(Pressed("x"), Redraw())
    assert len(running.screen.drawn) == 3
    running = Running()
    running.run(SAVED)
    assert "nothing in it has changed" in running.screen.status


def test_a_pipe_is_not_told_that_time_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 10_000, 100))
    monkeypatch.setattr(loops.time, "perf_counter", lambda: float(next(seconds)))
    for takes_keys in (True, False):
        running = Running(takes_keys=takes_keys)
        running.saved = text_of(mean="return x")  # on which nobody gives a verdict here
        assert len(running.run(SAVED, Tick(), Tick())) == (4 if takes_keys else 2)


def test_a_pipe_is_not_told_that_there_is_nothing_to_see() -> None:
    missing = Drawn("day01", "mean", None, "there is nothing to draw", sources(text_of(), ["mean"])["mean"])
    for takes_keys in (True, False):
        running = Running(takes_keys=takes_keys)
        assert len(running.run(missing)) == (2 if takes_keys else 1)
        assert running.loop.model.state.drawing_of("mean")


def fails_for(kind: type[Event]) -> Callable[[Model, Event, Moment], Step]:
    """`update`, with a bug where it answers one kind of event."""
    sound = loops.update

    def update(model: Model, event: Event, now: Moment) -> Step:
        if isinstance(event, kind):
            raise RuntimeError("a bug of ours")
        return sound(model, event, now)

    return update


def test_a_bug_in_update_is_told_as_ours_and_the_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running()
    monkeypatch.setattr(loops, "update", fails_for(Saved))
    drawn = running.run(SAVED, Pressed("h"))
    board = drawn[1]
    assert isinstance(board, BoardView)
    assert board.status.startswith("the grader's own fault, not yours:\nTraceback")
    assert board.status.endswith("RuntimeError: a bug of ours\n")
    assert board.verdicts.keys() == {"mean", "norm", "rank"}  # what was known is known
    last = drawn[-1]
    assert isinstance(last, BoardView)
    assert last.below.startswith("hint 1 of 3")


@pytest.mark.parametrize("key", ["q", "interrupt", "end"])
def test_whoever_wants_to_leave_leaves_also_when_keys_fail(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    running = Running()
    monkeypatch.setattr(loops, "update", fails_for(Pressed))
    running.events.put(Pressed("x"))
    running.events.put(Pressed(key))
    running.loop.run(OpenDay(DAY))
    assert running.loop.left
    assert running.screen.status.startswith("the grader's own fault")


@pytest.mark.parametrize("error", [RuntimeError, FileNotFoundError])
def test_a_bug_in_a_view_is_told_on_a_page(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def view(*arguments: object) -> View:
        raise error("a bug of ours")

    running = Running()
    monkeypatch.setattr(keys_and_views.Question, "view", view)
    _, page, board, hints = running.run(Pressed("r"), Pressed("n"), Pressed("h"))
    assert isinstance(page, PageView)
    assert page.lines[0] == "the grader's own fault, not yours:"
    assert page.lines[-1].endswith("a bug of ours")
    assert isinstance(board, BoardView)  # any key has led back
    assert isinstance(hints, BoardView)
    assert hints.below.startswith("hint 1 of 3")


def test_a_bug_in_the_drawing_is_told_on_a_page() -> None:
    running, draw = Running(), Screen.draw

    def draws_no_board(view: View) -> None:
        assert not isinstance(view, BoardView)
        draw(running.screen, view)

    running.screen.draw = draws_no_board  # type: ignore[method-assign]
    (page,) = running.run(Tick())
    assert isinstance(page, PageView)
    assert page.lines[0] == "the grader's own fault, not yours:"


def test_an_effect_that_fails_is_told_as_ours() -> None:
    running = Running()
    running.failing = WarmUp
    running.run()
    assert "RuntimeError: a bug of ours" in running.screen.status
    running = Running()
    running.loop.do(OpenDay(DAY))
    running.failing, running.saved = StartGrading, text_of(mean="return x")
    running.loop.answer(SAVED)
    assert "RuntimeError: a bug of ours" in running.loop.model.status
    assert running.loop.model.grading.checking == frozenset()
    running.failing = None
    running.loop.answer(SAVED)  # the same text is judged, now that it can be
    assert running.loop.model.grading.checking == {"mean"}


def test_a_terminal_that_is_gone_ends_the_loop() -> None:
    running, tries = Running(), []

    def draw(view: View) -> None:
        tries.append(view)
        raise OSError("the terminal is gone")

    running.screen.draw = draw  # type: ignore[method-assign]
    with pytest.raises(OSError, match="is gone"):
        running.run()
    assert len(tries) == 1


def test_quit_ends_the_loop_at_once() -> None:
    running = Running()
    running.loop.do(Quit())
    running.loop.run()
    assert running.loop.left
