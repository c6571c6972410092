"""What the page asks of the loop and is told by it, with made-up verdicts; and that nothing heavy comes along with it."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from grader.page.protocol import Asked, ExerciseWanted, HintWanted, NextWanted, Opened, State, Trouble
from grader.results import Status
from grader.watch import beside
from grader.watch.beside import Beside
from grader.watch.effects import OpenDay
from grader.watch.events import Drawn, FromPage
from tests.page_driver import PICTURE
from tests.small_kata import NEXT, Watching, small_kata, watching
from tests.terminal_driver import ROOT
from tests.test_watch_loop import Running

pytestmark = pytest.mark.usefixtures("small_kata")
__all__ = ["small_kata", "watching"]


def ask(watching: Watching, asked: Asked | None) -> None:
    watching.on(FromPage(asked, "it is gone"))


def test_hints_asked_for_on_the_page_are_shown_there_and_kept_in_the_terminal(watching: Watching) -> None:
    ask(watching, HintWanted("day01", "norm", 2))
    assert watching.model.hints.shown == 2
    assert watching.board.below == ""  # the terminal is as it was
    ask(watching, HintWanted("day01", "norm", 1))
    ask(watching, HintWanted("day01", "mean", 3))  # of an old page
    ask(watching, HintWanted("day02", "norm", 3))
    assert watching.model.hints.shown == 2
    watching.press("h")
    assert watching.board.below.startswith("hint 1 of 3\nnorm a")
    assert "hint 2 of 3\nnorm b" in watching.board.below
    ask(watching, HintWanted("day01", "norm", 9))
    assert watching.model.hints.shown == 3


def test_the_page_goes_to_exercises(watching: Watching) -> None:
    watching.press("r")  # a question, of the exercise before
    ask(watching, ExerciseWanted("day01", "rank"))
    assert watching.model.focus == "rank"
    assert watching.board.below == ""
    ask(watching, ExerciseWanted("day01", "nothing"))
    ask(watching, ExerciseWanted("day77", "rank"))
    assert watching.model.focus == "rank"
    ask(watching, NextWanted("day01", "mean"))  # of an old page
    assert watching.model.focus == "rank"
    ask(watching, NextWanted("day01", "rank"))
    assert watching.model.focus == "norm"
    ask(watching, ExerciseWanted("day02", "total"))
    assert OpenDay(NEXT, "total") in watching.wanted
    assert watching.model.focus == "total"


def test_the_address_stays_on_the_board_until_the_page_is_gone(watching: Watching) -> None:
    ask(watching, Opened("http://127.0.0.1:1/?token=x", ""))
    assert watching.board.page == ("http://127.0.0.1:1/?token=x",)
    ask(watching, Opened("http://127.0.0.1:1/?token=x", "ssh -N"))
    assert watching.board.page == ("http://127.0.0.1:1/?token=x", "ssh -N")
    ask(watching, Trouble("a port cannot be had"))
    assert watching.board.status == "the page: a port cannot be had"
    ask(watching, Trouble("Traceback\n..."))
    assert watching.board.status == "the grader's own fault, not yours:\nTraceback\n..."
    ask(watching, None)
    assert watching.board.page == ()
    assert watching.board.status == "the page: it is gone"


def test_the_state_has_the_verdict_at_once_and_the_picture_later(watching: Watching) -> None:
    state, picture = beside._state(watching.model, watching.now)
    assert (state.day, state.focus, state.drawing, state.picture, picture) == (
        "day01",
        "norm",
        True,
        "",
        None,
    )
    assert state.result is not None
    assert state.result.status is Status.FAILED
    source = watching.model.state.sources["norm"]
    watching.on(Drawn("day01", "norm", PICTURE, "", source))
    state, picture = beside._state(watching.model, watching.now)
    assert (bool(state.picture), state.drawing, picture) == (True, False, PICTURE)
    watching.save(mean="return x", norm="return 1")
    state, picture = beside._state(watching.model, watching.now)
    assert (state.checking, state.drawing, picture) == (True, True, None)
    assert state.result is not None  # the last one, until there is another
    watching.judged("norm")
    assert beside._state(watching.model, watching.now)[0].result is not None


def test_the_loop_gives_every_change_to_the_page_and_does_not_wait() -> None:
    running = Running()
    shown: list[str] = []
    running.loop._beside = lambda model, now: shown.append(model.focus)
    running.run(FromPage(ExerciseWanted("day01", "rank")))
    assert shown == ["mean", "rank"]


class Heard:
    """What comes from a page."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[FromPage] = queue.SimpleQueue()
        self.send: Callable[[FromPage], None] = self._events.put

    def next(self) -> FromPage:
        return self._events.get(timeout=60)


def test_a_page_that_is_killed_is_told_and_nothing_else_happens(watching: Watching) -> None:
    heard = Heard()
    with Beside(heard.send, 0, recorded=False) as page:
        assert isinstance(heard.next().asked, Opened)
        page.show(watching.model, watching.now)
        page._process.kill()
        gone = heard.next()
        assert gone == FromPage(None, "it has ended by itself, and comes back when watch begins again")
        page.show(watching.model, watching.now)  # nobody sees it
    assert page._process.poll() is not None


def test_a_mistake_of_ours_in_what_is_shown_is_told(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> tuple[State, None]:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(beside, "_state", fails)
    heard = Heard()
    with Beside(heard.send, 0, recorded=False) as page:
        assert isinstance(heard.next().asked, Opened)
        page.show(watching.model, watching.now)
        trouble = heard.next().asked
        assert isinstance(trouble, Trouble)
        assert "a bug of ours" in trouble.text


def test_a_page_that_does_not_end_is_ended(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_PATIENCE", 0.5)
    monkeypatch.setattr(beside, "_COMMAND", ["-c", "import time; time.sleep(600)"])
    with Beside(Heard().send, 0, recorded=True) as page:
        page.show(watching.model, watching.now)
        begun = time.monotonic()
    assert page._process.poll() is not None
    assert time.monotonic() - begun < 60


def test_neither_the_server_nor_what_draws_is_imported_by_watch() -> None:
    program = (
        "import sys\n"
        "import grader.watch.loop, grader.commands.watch\n"
        "heavy = {'starlette', 'uvicorn', 'jinja2', 'markdown_it', 'matplotlib', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
