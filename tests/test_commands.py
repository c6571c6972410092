"""The commands that grade nothing, with what they are asked for rightly and wrongly."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from grader import cli
from grader.kata import catalogue, hints, workspace
from grader.record.attempt import Attempt
from grader.record.store import FOLDER, AttemptLog
from grader.source import excerpts
from tests.test_progress import ATTEMPT, again

ROOT = Path(__file__).parent.parent
DAY = catalogue.find_day("day01")


@pytest.fixture
def progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AttemptLog:
    """An empty record of somebody's own."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "progress"))
    for name in ("COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return AttemptLog(tmp_path / "progress")


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(progress: AttemptLog, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run the command line in this process: its exit status, what it printed, and what on standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = cli.main(list(arguments))
        except SystemExit as ending:
            status = int(ending.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def passed(exercise: str, **changes: object) -> Attempt:
    return again(ATTEMPT, exercise=exercise, **changes)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A learner's tree of untouched stubs."""
    workspace.write_stubs([DAY], tmp_path / "tree")
    return tmp_path / "tree"


# ---- the command line as a whole


def test_no_command_hides_an_exercise_or_a_day() -> None:
    taken = {name for day in catalogue.days() for name in (day.key, day.name, day.stem)}
    taken |= {exercise.name for day in catalogue.days() for exercise in day.exercises}
    assert not taken & cli.COMMANDS.keys()


def test_help_names_every_command(ask: Ask) -> None:
    status, out, _ = ask("--help")
    assert status == 0
    for name, module in cli.COMMANDS.items():
        assert f"\n  {name}" in out
        assert cli.command_in(module).what in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "json"], "the overview knows the formats rich, plain"),
        (["list", "--format", "junit"], "list knows the formats rich, plain"),
        (["doctor", "--format", "junit"], "doctor knows the formats rich, plain, json"),
        (["solution"], "solution takes an exercise, such as day01.softmax"),
        (["solution", "day01.sofmax"], "did you mean 'softmax'?"),
        (["solution", "softmax", "--from", "nowhere"], "there is no folder 'nowhere'"),
        (["export", "a", "b"], "export takes one file"),
        (["export", "grader"], "grader is a folder"),
        (["export", "README.md/progress"], "README.md/progress cannot be made"),
        (["import"], "import takes one file"),
        (["import", "a", "b"], "import takes one file"),
        (["import", "nowhere.jsonl"], "nowhere.jsonl cannot be read (No such file or directory)"),
        (["import", "grader"], "grader cannot be read (Is a directory)"),
    ],
)
def test_wrong_usage_is_told_with_status_2(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(ROOT)
    status, out, error = ask(*arguments)
    assert (status, out) == (2, "")
    assert words in error


def test_ctrl_c_is_status_130(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*arguments: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(hints, "read", press)
    assert ask("hint", "softmax")[::2] == (130, "\n")


@pytest.mark.parametrize("arguments", [[], ["list"], ["hint", "day10"], ["solution", "day10", "--reveal"]])
def test_every_sign_can_be_written_on_an_ascii_console(arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "60"}
    ended = subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        env=environment,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.isascii()


def test_the_commands_that_answer_at_once_do_so() -> None:
    """In processor time, which a busy machine stretches less; the bar is 0.2 s on an idle one."""
    import resource

    for arguments in ([], ["list"], ["hint", "softmax"]):
        taken = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, "-m", "grader", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert min(taken) < 0.4


# ---- overview and list


def test_the_overview_tells_what_was_done(ask: Ask, progress: AttemptLog) -> None:
    progress.record([passed("standardize", ratio=None), passed("pairwise_squared_distances", ratio=212.0)])
    status, out, error = ask()
    assert (status, error) == (0, "")
    assert re.search(r"^day01  arrays and purity +(██|##)\S+ +2/7", out, re.MULTILINE)
    assert "Next: day01.softmax  (python -m grader day01.softmax)" in out
    assert "day01.pairwise_squared_distances  x212" in out


def test_what_cannot_be_read_is_said_and_the_rest_is_shown(ask: Ask, progress: AttemptLog) -> None:
    progress.record([ATTEMPT])
    with closing(sqlite3.connect(progress.file)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    status, out, error = ask()
    assert status == 0
    assert "day01  arrays and purity" in out
    assert "Grade a day" in out
    assert "your progress cannot be read" in error
    assert "newer version" in error
    assert ask("list", "softmax")[0] == 0


def test_a_damaged_record_is_set_aside_and_said(ask: Ask, progress: AttemptLog) -> None:
    progress.file.parent.mkdir()
    progress.file.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    status, out, error = ask()
    assert status == 0
    assert "Welcome!" in out
    assert "It lies aside as" in error


def test_list_shows_what_was_asked_for(ask: Ask, progress: AttemptLog) -> None:
    progress.record([passed("softmax", ratio=12.0), passed("kmeans_step", passed=False, status="failed")])
    status, out, _ = ask("list", "day01", "--format", "plain")
    assert status == 0
    assert re.search(r"^ok +softmax .* x12$", out, re.MULTILINE)
    assert re.search(r"^x +kmeans_step ", out, re.MULTILINE)
    assert re.search(r"^\. +masked_mean ", out, re.MULTILINE)
    assert re.search(r"^\. +\* bilinear_sample ", out, re.MULTILINE)
    status, out, _ = ask("list", "masked", "AVERAGE")
    assert status == 0
    assert len(out.splitlines()) == 2


def test_list_says_when_nothing_is_found(ask: Ask) -> None:
    assert ask("list", "no", "such\x1b") == (
        1,
        "",
        "grader: no exercise has 'no such\\\\x1b' in its name or its text\n",
    )


# ---- hint


def test_hints_fit_a_narrow_console(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    status, out, _ = ask("hint", "softmax", "--level", "2")
    assert status == 0
    prose = [line for line in out.splitlines() if not line.startswith(("    ", "More:"))]
    assert max(map(len, prose)) <= 60


# ---- solution


def test_a_solution_is_closed_until_the_exercise_is_passed(ask: Ask, progress: AttemptLog) -> None:
    progress.record([passed("softmax", passed=False, status="failed")])
    status, out, error = ask("solution", "softmax")
    assert (status, out) == (1, "")
    assert error == (
        "grader: you have not passed day01.softmax yet; its solution waits for you.\n"
        "A hint instead: python -m grader hint day01.softmax\n"
        "To see it all the same: python -m grader solution softmax --reveal\n"
    )
    progress.record([passed("softmax")])
    status, out, error = ask("solution", "softmax")
    assert (status, error) == (0, "")
    assert out.index("yours  exercises/day01") < out.index("reference  solutions/day01")
    assert "def softmax(" in out


def test_of_several_solutions_the_closed_ones_are_counted(ask: Ask, progress: AttemptLog) -> None:
    progress.record([passed("softmax")])
    status, out, error = ask("solution", "day01")
    assert status == 1
    assert "def softmax(" in out
    assert "def standardize(" not in out
    assert "you have not passed 7 of these exercises yet; their solutions wait for you." in error


def test_a_record_that_cannot_be_read_opens_nothing(ask: Ask, progress: AttemptLog) -> None:
    progress.record([passed("softmax")])
    with closing(sqlite3.connect(progress.file)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    status, out, error = ask("solution", "softmax")
    assert (status, out) == (1, "")
    assert "newer version" in error
    assert "you have not passed day01.softmax yet" in error
    assert ask("solution", "softmax", "--reveal")[0] == 0


MINE = '''\
import jax.numpy as jnp


@abs
def softmax(x, axis=-1):
    """Mine.

    At length.
    """

    e = jnp.exp(x)  # \x1b[2J
    return e / e.sum(axis, keepdims=True)
'''


def test_yours_stands_above_the_reference_where_it_is_narrow(ask: Ask, tree: Path) -> None:
    DAY.file_in(tree).write_text(MINE)
    status, out, _ = ask("solution", "softmax", "--reveal", "--from", str(tree))
    assert status == 0
    lines = [line.rstrip() for line in out.splitlines()]
    start = lines.index(" 4 @abs")
    assert lines[start : start + 4] == [
        " 4 @abs",
        " 5 def softmax(x, axis=-1):",
        "11     e = jnp.exp(x)  # \\x1b[2J",
        "12     return e / e.sum(axis, keepdims=True)",
    ]
    assert any(line.startswith("reference") for line in lines[start:])
    assert "Mine" not in out


def test_side_by_side_where_there_is_room(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")
    out = ask("solution", "masked_mean", "--reveal")[1]
    file = "day01_pure_functions/pure_functions.py"
    assert re.search(rf"^yours  exercises/{file} +reference  solutions/{file}", out, re.MULTILINE)
    assert re.search(r"^ *\d+ def masked_mean\(.* \d+ def masked_mean\(", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 120
    monkeypatch.setenv("COLUMNS", "99")
    assert re.search(r"^reference", ask("solution", "masked_mean", "--reveal")[1], re.MULTILINE)


def test_colour_only_where_the_console_has_it(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = ask("solution", "softmax", "--reveal")[1]
    assert "\x1b[" in coloured
    assert "def softmax(" in re.sub(r"\x1b\[[\d;]*m", "", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in ask("solution", "softmax", "--reveal")[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def softmax(:\n", "cannot be taken apart: line 1 of it is no Python."),
        ("x = '\0'\n", "cannot be taken apart: "),
        ("from somewhere import softmax\n", "holds no softmax."),
        (None, "cannot be read (No such file or directory)."),
    ],
)
def test_without_yours_the_reference_stands_alone(
    ask: Ask, tree: Path, text: str | None, reason: str
) -> None:
    file = DAY.file_in(tree)
    file.unlink() if text is None else file.write_text(text)
    status, out, _ = ask("solution", "softmax", "--reveal", "--from", str(tree))
    assert status == 0
    assert reason in " ".join(out.split())
    assert "yours  " not in out
    assert "reference" in out


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_an_excerpt_is_the_solution_without_docstrings(day: catalogue.Day) -> None:
    text = day.solution.read_text(encoding="utf-8")
    lines = text.split("\n")
    for exercise in day.exercises:
        found = excerpts.excerpt(text, exercise.name)
        assert found
        assert all(lines[number - 1] == line for number, line in found)
        code = "\n".join(line for _, line in found)
        assert '"""' not in code
        compile(code, "<excerpt>", "exec", flags=0x100000)  # annotations are not evaluated


def test_excerpts_of_odd_files() -> None:
    assert excerpts.excerpt("def f(): 'doc'\ndef g(): pass\n", "f") == ((1, "def f(): 'doc'"),)
    assert excerpts.excerpt("def f():\n    'doc'; return 1\n", "f") == (
        (1, "def f():"),
        (2, "    'doc'; return 1"),
    )
    assert excerpts.excerpt("def f():\n    'doc'\n", "f") == ((1, "def f():"), (2, "    'doc'"))
    assert excerpts.excerpt("def f(): return 1\r\ndef f(): return 2\r\n", "f") == ((2, "def f(): return 2"),)
    assert excerpts.excerpt("\ufeffx = '\x0c'\ndef f(): pass", "f") == ((2, "def f(): pass"),)
    assert excerpts.excerpt(
        "class A:\n    'doc'\n\n    def m(self):\n        'doc'\n        return 1\n", "A"
    ) == (
        (1, "class A:"),
        (4, "    def m(self):"),
        (6, "        return 1"),
    )


# ---- reset


class Keyboard(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["y\n", "YES\n", " y \n"])
def test_reset_goes_ahead_after_a_yes(
    ask: Ask, tree: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    file = DAY.file_in(tree)
    file.write_text(MINE)
    monkeypatch.setattr(sys, "stdin", Keyboard(answer))
    status, out, error = ask("reset", "day01.softmax", "--from", str(tree))
    assert status == 0
    assert error.startswith("Bring back the stub of day01.softmax? Your file is kept as ")
    assert error.endswith(" [y/N] ")
    backup = error.removeprefix("Bring back the stub of day01.softmax? Your file is kept as ").split()[0]
    assert f"your file as it was: {backup}\n" in out
    assert Path(backup).read_text() == MINE
    assert "raise NotImplementedError" in file.read_text()


@pytest.mark.parametrize("keyboard", [True, False])
@pytest.mark.parametrize("answer", ["n\n", "\n", "yep\n", ""])
def test_any_other_answer_leaves_everything_as_it_is(
    ask: Ask, tree: Path, monkeypatch: pytest.MonkeyPatch, answer: str, keyboard: bool
) -> None:
    file = DAY.file_in(tree)
    file.write_text(MINE)
    monkeypatch.setattr(sys, "stdin", Keyboard(answer) if keyboard else io.StringIO(answer))
    status, out, error = ask("reset", "day01", "--from", str(tree))
    assert (status, out) == (1, "")
    assert error.endswith("\ngrader: nothing was changed\n") or error.endswith(
        "[y/N] grader: nothing was changed\n"
    )
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_text() == MINE


def test_yes_asks_nothing_and_a_pipe_may_answer(
    ask: Ask, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stdin, arguments in ((Keyboard("n\n"), ["--yes"]), (io.StringIO("y\n"), [])):
        DAY.file_in(tree).write_text(MINE)
        monkeypatch.setattr(sys, "stdin", stdin)
        status, out, error = ask("reset", "day01", "--from", str(tree), *arguments)
        assert status == 0
        assert error.startswith("Bring back" if not arguments else "")
        assert "your file as it was: " in out


def test_where_nothing_is_lost_nothing_is_asked(
    ask: Ask, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(""))
    status, out, error = ask("reset", "day01", "--from", str(tree))
    assert (status, error) == (0, "")
    assert out.endswith("pure_functions.py: unchanged\n")


def test_several_days_are_one_question_and_all_or_none(
    ask: Ask, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = catalogue.find_day("day02")
    workspace.write_stubs([DAY, other], tree)
    DAY.file_in(tree).write_text(MINE)
    other.file_in(tree).write_text("def one_hot(:\n")
    monkeypatch.setattr(sys, "stdin", Keyboard("n\n"))
    error = ask("reset", "day01.softmax", "day01.standardize", "day02", "--from", str(tree))[2]
    assert "Bring back the stubs of day01.standardize, day01.softmax, day02? Your files are kept as " in error
    assert DAY.file_in(tree).read_text() == MINE


def test_a_damaged_record_of_stubs_is_told(ask: Ask, tree: Path) -> None:
    (tree / ".generated.json").write_text("{")
    DAY.file_in(tree).write_text(MINE)
    status, out, _ = ask("stubs", "--from", str(tree))
    assert status == 0
    assert f"kept       {DAY.file_in(tree)} (it was changed" in out
    told = out.splitlines()[-1]
    assert told.startswith(
        f"damaged    {tree / '.generated.json'} (a new one begins, and files that may have been"
    )
    assert Path(told.removesuffix(")").rpartition(" ")[2]).read_text() == "{"


@pytest.mark.parametrize(("typed", "status"), [(b"y\n", 0), (b"\x04", 1), (b"\x03", 1)])
def test_reset_in_a_real_terminal(tree: Path, typed: bytes, status: int) -> None:
    DAY.file_in(tree).write_text(MINE)
    parent, child = pty.openpty()
    take_terminal = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.executable, [sys.executable, '-m', 'grader', *sys.argv[1:]])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", take_terminal, "reset", "day01.softmax", "--from", str(tree)],
        cwd=ROOT,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
    )
    os.close(child)
    screen = b""
    pressed = False
    while select.select([parent], [], [], 30)[0]:
        try:
            chunk = os.read(parent, 65536)
        except OSError:
            break
        if not chunk:
            break
        screen += chunk
        if b"[y/N] " in screen and not pressed:
            os.write(parent, typed)
            pressed = True
    os.close(parent)
    assert process.wait(timeout=30) == status, screen
    assert (DAY.file_in(tree).read_text() == MINE) is bool(status)
    assert b"Traceback" not in screen


# ---- export and import


def test_progress_travels(
    ask: Ask, progress: AttemptLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress.record([passed("softmax"), passed("kmeans_step", platform="ü\u2028")])
    file = tmp_path / "taken along" / "progress.jsonl"
    assert ask("export", str(file)) == (0, f"2 attempts written to {file}\n", "")
    status, out, error = ask("export")
    assert (status, error, out) == (0, "", file.read_text())
    assert ask("export", "-")[1] == out
    assert ask("import", str(file)) == (0, "0 attempts brought in; 2 were here already\n", "")
    monkeypatch.setenv(FOLDER, str(tmp_path / "elsewhere"))
    assert ask("import", str(file)) == (0, "2 attempts brought in\n", "")
    assert AttemptLog(tmp_path / "elsewhere").attempts() == progress.attempts()


def test_an_export_is_not_written_over_unasked(ask: Ask, progress: AttemptLog, tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    file.write_text("precious")
    progress.record([ATTEMPT])
    status, out, error = ask("export", str(file))
    assert (status, out) == (1, "")
    assert f"To write over it: python -m grader export {file} --yes" in error
    assert file.read_text() == "precious"
    assert ask("export", str(file), "--yes")[0] == 0
    assert json.loads(file.read_text()) == asdict(ATTEMPT)


def test_nothing_recorded_is_an_empty_export(ask: Ask, tmp_path: Path) -> None:
    assert ask("export") == (0, "", "")
    file = tmp_path / "none.jsonl"
    assert ask("export", str(file)) == (0, f"0 attempts written to {file}\n", "")
    assert ask("import", str(file)) == (0, "0 attempts brought in\n", "")


def test_import_reads_standard_input(ask: Ask, progress: AttemptLog, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(asdict(ATTEMPT)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + line + b"\r\n\r\n")))
    assert ask("import", "-") == (0, "1 attempt brought in\n", "")
    assert progress.attempts() == [ATTEMPT]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no JSON\n", "nothing was brought in: line 1 is no exported attempt"),
        (b"\n{}\n", "line 2 is no exported attempt"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b'"\x1b[2J', "line 1 is no exported attempt"),
    ],
)
def test_a_bad_import_adds_nothing(
    ask: Ask, progress: AttemptLog, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    status, out, error = ask("import", str(file))
    assert (status, out) == (2, "")
    assert words in error
    assert "\x1b" not in error
    assert progress.attempts() == []


def test_a_record_that_cannot_be_written_is_status_3(ask: Ask, progress: AttemptLog, tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    file.write_text(json.dumps(asdict(ATTEMPT)))
    progress.file.parent.write_text("a file where the folder should be")
    status, out, error = ask("import", str(file))
    assert (status, out) == (3, "")
    assert str(progress.file) in error
    assert "Traceback" not in error
