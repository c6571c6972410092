"""Pictures under `watch`: below the message where there is room, large on a key, and a line where there is none."""

from __future__ import annotations

import io
import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from grader.findings import Finding, Kind
from grader.kata import catalogue
from grader.pictures import Picture
from grader.report.watch_screen import WatchScreen
from grader.report.watch_views import BoardView, PictureView, View
from grader.results import Aspect, CheckResult, ExerciseResult, Problem, Status
from grader.watch.events import Drawn
from grader.watch.keys_and_views import Board, Leafing
from tests.sample_pictures import boards
from tests.small_kata import NOW, RIGHT, WRONG, Watching, small_kata, watching
from tests.stub_answers import answer, exercises_in
from tests.terminal_driver import Terminal
from tests.tmux_driver import Tmux

__all__ = ["small_kata", "watching"]

ON_NO_TORUS = """\
    padded = jnp.pad(board, 1)
    rows, columns = board.shape
    places = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    around = sum(padded[i : rows + i, j : columns + j] for i, j in places)
    return ((around == 3) | ((board == 1) & (around == 2))).astype(board.dtype)
"""


def drawn(watching: Watching, picture: Picture | None, trouble: str = "", name: str = "norm") -> None:
    watching.on(Drawn("day01", name, picture, trouble, watching.model.state.sources[name]))


def shown(view: View, *, height: int = 24, width: int = 80, keys: bool = True, ascii: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=height, force_terminal=keys, color_system=None)
    WatchScreen(console, ascii=ascii).draw(view)
    return stream.getvalue()


@pytest.fixture
def judged(watching: Watching) -> BoardView:
    """The board of an exercise that is wrong, with what was called, expected and got."""
    finding = Finding("is wrong", Kind.VALUE, "norm(f32[3])", expected="1", got="5")
    check = CheckResult("by_hand", Aspect.CORRECT, Status.FAILED, finding=finding, hint="think of the root")
    return replace(watching.board, verdicts={"norm": ExerciseResult("norm", False, (check,))})


@pytest.mark.usefixtures("small_kata")
class TestBelowTheMessage:
    def test_it_stands_below_the_message_where_the_height_allows(self, judged: BoardView) -> None:
        text = shown(replace(judged, picture=boards(size=8)), height=50)
        order = ["rank", "is wrong", "think of the root", "A glider", "expected", "frame 4 of 6", "q quit"]
        places = [text.index(word) for word in order[:-3]]
        places += [text.index(word, places[-1]) for word in order[-3:]]
        assert places == sorted(places)
        assert "p enlarges it" in text
        assert text.count("\n") < 50

    @pytest.mark.parametrize("height", range(12, 60, 3))
    def test_it_never_pushes_anything_off_the_screen(self, judged: BoardView, height: int) -> None:
        without, with_it = (
            shown(judged, height=height),
            shown(replace(judged, picture=boards()), height=height),
        )
        for line in without.splitlines():
            assert line in with_it
        assert with_it.count("\n") <= max(without.count("\n"), height - 1)

    def test_in_24_rows_the_message_goes_first(self, judged: BoardView) -> None:
        text = shown(replace(judged, picture=boards()), height=24)
        assert text == shown(judged, height=24)
        assert "think of the root" in text

    def test_a_problem_of_the_file_goes_first(self, judged: BoardView) -> None:
        problem = Problem(Finding("Line 3 failed", Kind.NOT_LOADED, line=3))
        text = shown(replace(judged, picture=boards(), problems=(problem,)), height=60)
        assert "Line 3 failed" in text
        assert "glider" not in text

    def test_a_pipe_gets_rows_of_marks(self, judged: BoardView) -> None:
        text = shown(replace(judged, picture=boards()), keys=False, ascii=True)
        assert ". . # ." in text or "..#." in text
        assert "frame 4 of 6" in text
        assert "p enlarges" not in text

    def test_it_is_that_of_the_exercise_as_it_stands(self, watching: Watching) -> None:
        drawn(watching, boards())
        assert watching.board.picture == boards()
        watching.save(mean=RIGHT, norm=f"{WRONG} + 1")
        assert watching.board.picture is None


@pytest.mark.usefixtures("small_kata")
class TestTheKey:
    def test_p_fills_the_screen_with_the_first_frame_that_differs(self, watching: Watching) -> None:
        drawn(watching, boards())
        assert watching.press("p") == []
        assert watching.model.mode == Leafing(boards(), 3)
        assert watching.model.mode.view(watching.model, NOW) == PictureView(boards(), 3)

    def test_arrows_go_through_the_frames_and_round(self, watching: Watching) -> None:
        drawn(watching, boards(4, differs_from=1))
        watching.press("p")
        for key, frame in (("right", 2), ("right", 3), ("right", 0), ("left", 3), ("left", 2)):
            watching.press(key)
            assert watching.model.mode == Leafing(boards(4, differs_from=1), frame)

    @pytest.mark.parametrize("key", ["p", "q", "escape", "enter", "up", "x"])
    def test_any_other_key_goes_back(self, watching: Watching, key: str) -> None:
        drawn(watching, boards())
        watching.press("p")
        assert watching.press(key) == []
        assert watching.model.mode == Board()

    def test_a_save_that_is_judged_goes_back_and_a_verdict_does_not(self, watching: Watching) -> None:
        drawn(watching, boards())
        watching.press("p")
        watching.judged("norm", Status.FAILED)
        assert isinstance(watching.model.mode, Leafing)
        watching.save(mean=WRONG, norm=WRONG)
        assert watching.model.mode == Board()

    @pytest.mark.parametrize(
        ("trouble", "said"),
        [
            ("there is nothing to draw", "there is no picture of norm: there is nothing to draw"),
            ("Traceback\n  line", "there is no picture of norm: it could not be drawn: our own fault"),
        ],
    )
    def test_a_line_says_why_there_is_none(self, watching: Watching, trouble: str, said: str) -> None:
        drawn(watching, None, trouble)
        assert watching.press("p") == []
        assert watching.board.status == said

    def test_before_there_is_one_it_is_said_that_it_follows(self, watching: Watching) -> None:
        watching.press("p")
        assert watching.board.status == "there is no picture of norm yet: it follows the verdict"
        drawn(watching, boards())
        watching.press("p", "x")
        assert watching.board.status == ""
        watching.save(mean=RIGHT, norm=f"{WRONG} + 1")
        watching.press("p")
        assert watching.board.status == "there is no picture of norm yet: it follows the verdict"

    @pytest.mark.parametrize(("width", "height"), [(60, 24), (80, 24), (100, 50), (100, 12)])
    def test_large_it_fits_and_says_how_to_go_on(self, width: int, height: int) -> None:
        text = shown(PictureView(boards(), 3), width=width, height=height)
        assert text.count("\n") < height
        assert "frame 4 of 6: generation 4" in text
        assert text.endswith("left and right: other frames, any other key: back\n")
        single = shown(PictureView(boards(1, differs_from=None), 0), width=width, height=height)
        assert single.endswith("\nany key: back\n")


def on_day_two(folder: Path) -> Path:
    """A tree in which one exercise of day 2 is wrong in a way that its picture shows."""
    tree = exercises_in(folder)
    answer(catalogue.find_day("day02").file_in(tree), "life_step", ON_NO_TORUS)
    return tree


def test_in_a_terminal_as_a_learner_sees_it(tmp_path: Path) -> None:
    tree = on_day_two(tmp_path)
    with Terminal("watch", "day02.life_step", "--from", str(tree), columns=100, lines=50) as terminal:
        text = terminal.until("p enlarges it")
        assert text.index("is wrong at index") < text.index("A glider crosses the corner")
        assert "frame 1 of 20: generation 1" in text
        assert "38;5;" in terminal.last_drawn  # two pixels a cell
        terminal.type("p")
        terminal.until("left and right: other frames")
        terminal.type("\x1b[C\x1bOC\x1b[D")
        assert "generation 2" in terminal.until("frame 2 of 20")
        terminal.type(" ")
        terminal.until("p picture")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.restored()


@pytest.mark.skipif(shutil.which("tmux") is None and not os.environ.get("CI"), reason="tmux is not installed")
def test_in_tmux_at_60_columns_and_in_a_window_that_grows(tmp_path: Path) -> None:
    tree = on_day_two(tmp_path)
    with Tmux(columns=60, lines=50) as terminal:
        terminal.shell(f"python -m grader watch day02.life_step --from {shlex.quote(str(tree))}")
        text = terminal.until("frame 1 of 20")
        assert text.index("is wrong at index") < text.index("difference")
        assert max(map(len, text.splitlines())) <= 60
        terminal.resize(60, 24)
        terminal.until(lambda text: "q quit" in text and "frame" not in text and "is wrong at index" in text)
        terminal.press("p")
        terminal.until(lambda text: "difference" in text and "left and right: other frames" in text)
        terminal.press("Right")
        terminal.until("frame 2 of 20")
        terminal.press("Escape")
        terminal.until("q quit")
        terminal.resize(100, 50)
        terminal.until("p enlarges it")
        terminal.type("q")
