"""The page beside the editor, in a process of its own: what is shown goes there, what somebody asks for comes from there.

The loop only leaves its newest model here. All else happens in two threads and in the process: whatever goes wrong there is told,
and no verdict waits for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from grader.kata import hints
from grader.page.protocol import Asked, Mark, NewPicture, State, Trouble, dump, key_of, load
from grader.pictures import Picture
from grader.report.watch_views import BoardView
from grader.watch.events import FromPage
from grader.watch.keys_and_views import board_view
from grader.watch.model import Model, Moment

_PATIENCE = 2.0  # seconds that the process has to come to an end
_COMMAND = ["-m", "grader.page"]
_OVER = "it has ended by itself, and comes back when watch begins again"


class Beside:
    """The page while the context lasts. `port` is the one that is wished for, 0 any; `recorded` for one's own tree."""

    def __init__(self, send: Callable[[FromPage], None], port: int, *, recorded: bool) -> None:
        self._send = send
        command = [sys.executable, *_COMMAND, "--port", str(port), "--browser"]
        self._process = subprocess.Popen(
            [*command, "--recorded"] if recorded else command,
            # As they are now: to start a worker, the whole process has others for a moment.
            cwd=Path.cwd(),
            env=dict(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is meant for watch, which ends it in its own time
        )
        self._condition = threading.Condition()
        self._newest: tuple[Model, Moment] | None = None
        self._closed = False
        self._threads = [
            threading.Thread(target=to, name="page", daemon=True) for to in (self._write, self._listen)
        ]

    def __enter__(self) -> Beside:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def show(self, model: Model, now: Moment) -> None:
        """Show what is known now. Comes back at once."""
        with self._condition:
            self._newest = model, now
            self._condition.notify()

    # ---- in the threads

    def _write(self) -> None:
        """Send each state that differs from the one before; of several the newest."""
        assert self._process.stdin
        last: State | None = None
        sent = told = ""  # the key of the picture that was sent last; the mistake of ours that was told last
        try:
            with self._process.stdin as lines:
                while newest := self._take():
                    try:
                        state, picture = _state(*newest)
                    except Exception:
                        trouble = traceback.format_exc()
                        if trouble != told:  # telling it makes another state, with the same mistake
                            self._send(FromPage(Trouble(trouble)))
                        told = trouble
                        continue
                    if state == last:
                        continue
                    if picture and state.picture != sent:
                        lines.write(dump(NewPicture(state.picture, picture)))
                        sent = state.picture
                    lines.write(dump(state))
                    lines.flush()
                    last = state
        except OSError:
            pass  # it is gone, which the other thread tells

    def _take(self) -> tuple[Model, Moment] | None:
        """What is to be shown next; None at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._newest)
            newest, self._newest = self._newest, None
            return None if self._closed else newest

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                try:
                    message = load(line)
                    assert isinstance(message, Asked)
                    self._send(FromPage(message))
                except (ValueError, AssertionError):
                    self._send(FromPage(Trouble(traceback.format_exc())))
        if not self._closed:
            self._send(FromPage(None, _OVER))


def _state(model: Model, now: Moment) -> tuple[State, Picture | None]:
    """What the page shows of a model, and the picture in it."""
    view = board_view(model, now, "")
    stages = hints.read(model.day.hints_of(model.focus))
    result = view.verdicts.get(view.focus)
    picture = view.picture
    state = State(
        day=view.day,
        file=view.file,
        line=view.line,
        focus=view.focus,
        marks=_marks(view),
        result=replace(result, picture=None, not_drawn="", not_compared="") if result else None,
        checking=view.focus in view.checking,
        looking=view.looking == view.focus,
        status=view.status,
        problems=tuple(view.problems),
        hints=tuple(stages[: model.hints.shown]),
        stages=len(stages),
        picture=key_of(picture) if picture else "",
        not_drawn=view.not_drawn,
        drawing=model.state.text is not None and model.state.drawing_of(model.focus) is None,
    )
    return state, picture


def _marks(view: BoardView) -> tuple[Mark, ...]:
    found = []
    for name, stretch in view.exercises:
        known = view.verdicts.get(name)
        found.append(Mark(name, stretch, known.status if known else None, name in view.checking))
    return tuple(found)
