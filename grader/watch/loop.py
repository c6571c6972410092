"""`python -m grader watch`: judge a file whenever it is saved, and answer single keys.

Whatever happens (a save, a key, a verdict) is an event in one queue, and the loop alone takes them out: `update` makes the
next model of it and says what to do outside, `carrying_out` does that, the model's mode says what to show. Nobody else
writes the model.
"""

from __future__ import annotations

import queue
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from grader.kata.catalogue import Day, Exercise
from grader.machine import faults
from grader.record.store import AttemptLog
from grader.report.versions import Version
from grader.report.watch_screen import WatchScreen
from grader.report.watch_views import View
from grader.watch.beside import Beside
from grader.watch.carrying_out import Handlers
from grader.watch.effects import Effect, OpenDay, Quit, StartGrading
from grader.watch.events import Broken, Drawn, Event, Pressed, Redraw, Tick
from grader.watch.grading import Gradings, recording_in
from grader.watch.judge import Judge
from grader.watch.keys_and_views import Board, Page
from grader.watch.listeners import listening
from grader.watch.model import OWN_FAULT, Model, Moment
from grader.watch.terminal import Keys
from grader.watch.update import LEAVING, begun, update

_TICK = 1.0  # seconds without any event after which there is one that says so


class Screen(Protocol):
    """What the loop draws on."""

    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def takes_keys(self) -> bool: ...
    def draw(self, view: View) -> None: ...


class Loop:
    """Takes events from a queue until somebody leaves. A bug of ours is told as ours, and the loop goes on."""

    def __init__(
        self,
        model: Model,
        carry_out: Callable[[Effect], Event | None],
        screen: Screen,
        events: queue.SimpleQueue[Event],
        beside: Callable[[Model, Moment], None] = lambda model, now: None,
    ) -> None:
        self.model = model
        self.left = False  # whether somebody has asked to leave
        self._carry_out, self._screen, self._events = carry_out, screen, events
        self._beside = beside  # is given what the page beside the editor shows, and comes back at once
        self._drawn: View | None = None

    def run(self, *first: Effect) -> None:
        """Begin with some effects, and go on until somebody leaves. Raises KeyboardInterrupt on Ctrl-C."""
        for effect in first:
            self.do(effect)
        self.draw()
        while not self.left:
            try:
                event = self._events.get(timeout=_TICK)
            except queue.Empty:
                event = Tick()
            self.answer(event)
            # A pipe is not told that time goes by, nor that there is nothing to see.
            idle = isinstance(event, Tick) or (isinstance(event, Drawn) and event.picture is None)
            quiet = idle and not self._screen.takes_keys
            if not (self.left or quiet):
                self.draw(anew=isinstance(event, Pressed | Redraw))

    def answer(self, event: Event) -> None:
        """Make the next model, and do outside what follows. When `update` fails, the model stays as it was, and says so."""
        try:
            self.model, effects = update(self.model, event, self._now())
        except Exception as error:
            self._own_fault(error)
            if isinstance(event, Pressed) and event.key in {*LEAVING, "q"}:
                self.left = True
            return
        for effect in effects:
            self.do(effect)

    def do(self, effect: Effect) -> None:
        """Carry out an effect, and answer at once what comes of it."""
        if isinstance(effect, Quit):
            self.left = True
            return
        try:
            event = self._carry_out(effect)
        except Exception as error:
            event = Broken(_words(error), effect.number if isinstance(effect, StartGrading) else None)
        if event:
            self.answer(event)

    def draw(self, *, anew: bool = False) -> None:
        """Show what the mode wants shown, if that is not what the screen shows already, or `anew`; then the page's turn is.

        What cannot be shown for a bug of ours is told on a page. Raises OSError when nobody sees the screen any more.
        """
        self._draw_on_the_screen(anew=anew)
        self._beside(self.model, self._now())

    def _draw_on_the_screen(self, *, anew: bool) -> None:
        view = self._view()
        if view == self._drawn and not anew:
            return
        try:
            self._screen.draw(view)
        except OSError:
            raise
        except Exception as error:
            view = self._page_of_own_fault(error)
            self._screen.draw(view)
        self._drawn = view

    def _view(self) -> View:
        try:
            return self.model.mode.view(self.model, self._now())
        except Exception as error:
            return self._page_of_own_fault(error)

    def _own_fault(self, error: Exception) -> None:
        self.model = replace(self.model, mode=Board(), status=f"{OWN_FAULT}\n{_words(error)}")

    def _page_of_own_fault(self, error: Exception) -> View:
        self._own_fault(error)
        page = Page(self.model.status.splitlines())
        self.model = replace(self.model, mode=page)
        return page.view(self.model, self._now())

    def _now(self) -> Moment:
        return Moment(time.perf_counter(), time.strftime("%H:%M:%S"), *self._screen.size)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What `watch` works with. `tree` is a folder shaped like `exercises/`."""

    tree: Path
    judge: Judge
    screen: WatchScreen
    versions_of: Callable[
        [Day, Exercise], tuple[Version, Version]
    ]  # an exercise as it stands, and the reference
    log: AttemptLog | None = None  # where attempts are recorded; none for a tree that is somebody else's
    page: int | None = None  # the port that is wished for a page beside the editor; None for no page
    poll: bool = False  # look at the files again and again, where the system does not tell of changes


def watch(begin: OpenDay, around: Surroundings) -> None:
    """Watch a tree, beginning with a day (and an exercise), until somebody leaves. Raises KeyboardInterrupt on Ctrl-C."""
    tree, screen, log = around.tree.resolve(), around.screen, around.log
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with Keys(on_resume=lambda: events.put(Redraw())) as keys:
        if hasattr(signal, "SIGWINCH"):
            signal.signal(signal.SIGWINCH, lambda number, frame: events.put(Redraw()))

        def versions(day: Day, name: str) -> list[str]:
            return screen.versions(name, *around.versions_of(day, day.exercise(name)))

        with (
            _page_beside(around, events.put) as show,
            closing(Gradings(tree, around.judge, events.put, recording_in(log))) as gradings,
        ):
            handlers = Handlers(tree, gradings, log, keys, versions)
            model = begun(begin.day, tree, handlers.texts())
            with listening(tree, keys, events.put, poll=around.poll):
                Loop(model, handlers.carry_out, screen, events, show).run(begin)


@contextmanager
def _page_beside(
    around: Surroundings, send: Callable[[Event], None]
) -> Iterator[Callable[[Model, Moment], None]]:
    """What shows a model on the page, where one is asked for."""
    if around.page is None:
        yield lambda model, now: None
        return
    with Beside(send, around.page, recorded=around.log is not None) as beside:
        yield beside.show


def _words(error: Exception) -> str:
    return faults.explain(error) or "".join(traceback.format_exception(error))
