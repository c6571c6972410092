"""`show`: one picture in a terminal, in a pipe, and in words why there is none; and the picture below a single verdict."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader import cli
from grader.commands import grade, show
from grader.kata import catalogue
from grader.pictures import Picture
from grader.results import Aspect, CheckResult, DayResult, ExerciseResult, Exit, RunResult, Status
from tests.sample_pictures import boards
from tests.stub_answers import exercises_in
from tests.terminal_driver import ROOT, Terminal
from tests.test_watch_pictures import on_day_two


def run_of(picture: Picture | None = None, trouble: str = "", *faults: str, **details: object) -> RunResult:
    checks = details.pop("checks", ())
    exercise = ExerciseResult("life_step", False, checks, picture=picture, not_drawn=trouble)  # type: ignore[arg-type]
    day = DayResult("day02", "indexed updates", "/kata/indexed_updates.py", (exercise,))
    return RunResult("0.1.0", "0.10.2", "cpu", 0, (day,), faults, **details)  # type: ignore[arg-type]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """What `show` says, and how it ends, of a run that is made up."""

    def ask(result: RunResult, *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(show, "_judged", lambda selection, tree, asked: result)
        status = cli.main(["show", "day02.life_step", "--solutions", *options])
        return status, *capsys.readouterr()

    return ask


def test_the_frame_that_differs_first_and_how_many_there_are(said) -> None:  # type: ignore[no-untyped-def]
    status, out, err = said(run_of(boards()))
    assert (status, err) == (Exit.DONE, "")
    assert "frame 4 of 6: generation 4" in out
    assert "\x1b" not in out


def test_another_frame(said) -> None:  # type: ignore[no-untyped-def]
    assert "frame 2 of 6: generation 2" in said(run_of(boards()), "--frame", "2")[1]
    status, out, err = said(run_of(boards()), "--frame", "7")
    assert (status, out) == (Exit.USAGE, "")
    assert err == "grader: the picture of day02.life_step has 6 frames; there is no frame 7\n"
    assert "has one frame" in said(run_of(boards(1, differs_from=None)), "--frame", "2")[2]
    assert "--frame takes a number from 1 on, not '0'" in said(run_of(boards()), "--frame", "0")[2]


def test_plain_is_ascii(said) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = said(run_of(boards()), "--format", "plain")
    assert status == Exit.DONE
    assert out.isascii()
    assert ". . # ." in out


def test_why_there_is_none(said) -> None:  # type: ignore[no-untyped-def]
    status, out, err = said(run_of(None, "there is nothing to draw"))
    assert (status, out) == (Exit.UNDONE, "")
    assert err == "grader: there is no picture of day02.life_step: there is nothing to draw\n"
    traceback = "Traceback\n  line of ours"
    for result in (run_of(None, traceback), run_of(None, "", traceback)):
        status, _, err = said(result)
        assert status == Exit.UNDONE
        assert err == "grader: there is no picture of day02.life_step: it could not be drawn: our own fault\n"
        assert "line of ours" in said(result, "--verbose")[2]
    assert said(run_of(None, interrupted=True))[0] == Exit.INTERRUPTED


def test_it_is_saved_as_svg_or_png(said, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    svg, png = tmp_path / "life.svg", tmp_path / "LIFE.PNG"
    status, out, err = said(run_of(boards(12)), "--save", str(svg))
    assert (status, err) == (Exit.DONE, "")
    assert out == f"the picture, 8 of 12 frames, written to {svg}\n"
    assert b"<svg" in svg.read_bytes()[:400]
    assert said(run_of(boards(12)), "--save", str(png), "--frame", "4")[:2] == (
        Exit.DONE,
        f"the picture written to {png}\n",
    )
    assert png.read_bytes().startswith(b"\x89PNG")


def test_no_file_is_written_over_without_a_word(said, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "life.svg"
    file.write_text("mine", encoding="utf-8")
    status, _, err = said(run_of(boards()), "--save", str(file))
    assert (status, err) == (Exit.UNDONE, f"grader: {file} exists already; --yes writes over it\n")
    assert file.read_text(encoding="utf-8") == "mine"
    assert said(run_of(boards()), "--save", str(file), "--yes")[0] == Exit.DONE
    assert "<svg" in file.read_text(encoding="utf-8")


def test_a_file_of_no_known_kind_or_below_a_file(said, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    status, _, err = said(run_of(boards()), "--save", "life.gif")
    assert (status, err) == (
        Exit.USAGE,
        "grader: --save takes a file whose name ends with .svg or .png, not 'life.gif'\n",
    )
    (tmp_path / "file").write_text("", encoding="utf-8")
    status, _, err = said(run_of(boards()), "--save", str(tmp_path / "file" / "life.svg"))
    assert status == Exit.USAGE
    assert "cannot be made" in err


@pytest.mark.parametrize("words", [[], ["day02"], ["life_step", "life_run"]])
def test_it_takes_one_exercise(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", *words]) == Exit.USAGE
    assert capsys.readouterr().err == "grader: show takes one exercise, such as day02.life_step\n"


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "life_step", "--from", str(tmp_path)]) == Exit.UNDONE
    assert "there is no " in capsys.readouterr().err


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_into_a_pipe(tmp_path: Path) -> None:
    tree = on_day_two(tmp_path)
    shown = ended("show", "day02.life_step", "--from", str(tree), "--frame", "9")
    assert shown.returncode == 0, shown.stderr
    assert "frame 9 of 20: generation 9" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "x differs" in shown.stdout


def test_what_is_still_to_do_shows_what_is_expected(tmp_path: Path) -> None:
    shown = ended("show", "day02.life_step", "--from", str(exercises_in(tmp_path)))
    assert shown.returncode == 0, shown.stderr
    assert "still to do: this is what is expected" in shown.stdout
    assert "expected: the board" in shown.stdout


def test_one_exercise_graded_in_a_terminal_has_its_picture_below_the_verdict(tmp_path: Path) -> None:
    tree = on_day_two(tmp_path)
    with Terminal("day02.life_step", "--from", str(tree), columns=100, lines=60) as terminal:
        assert terminal.ended() == 1
        text = terminal.text
        assert text.index("is wrong at index") < text.index("0 of 1 passed") < text.index("A glider crosses")
        assert re.search("expected +yours +difference", text)
        assert "38;5;" in terminal._written.decode()


def test_into_a_pipe_a_verdict_has_no_picture(tmp_path: Path) -> None:
    shown = ended("day02.life_step", "--from", str(on_day_two(tmp_path)))
    assert shown.returncode == 1
    assert "glider" not in shown.stdout


def check(status: Status, seconds: float = 0.1, aspect: Aspect = Aspect.CORRECT) -> CheckResult:
    return CheckResult("by_hand", aspect, status, seconds)


@pytest.mark.parametrize(
    ("result", "worth"),
    [
        (run_of(checks=(check(Status.PASSED),)), True),
        (run_of(checks=(check(Status.FAILED),)), True),
        (run_of(checks=(check(Status.PASSED), check(Status.PASSED, 60.0, Aspect.DEEPER))), True),
        (run_of(checks=(check(Status.PASSED, 4.0), check(Status.PASSED, 4.0))), False),
        (run_of(checks=(check(Status.TIMEOUT),)), False),
        (run_of(checks=(check(Status.CRASHED),)), False),
        (run_of(None, "", "a fault", checks=(check(Status.PASSED),)), False),
        (run_of(interrupted=True, checks=(check(Status.PASSED),)), False),
    ],
)
def test_what_is_judged_once_more_for_a_picture(result: RunResult, worth: bool) -> None:
    assert grade._is_worth_drawing(result) == worth


def test_nothing_that_only_draws_is_timed_or_looked_at_deeper() -> None:
    options = grade.drawing_options(catalogue.select(["day02.life_step"]), 7.0)
    assert options.pictures == {"life_step"}
    assert options.aspects == (Aspect.CORRECT, Aspect.JIT)
    assert options.check_timeout == 7.0
