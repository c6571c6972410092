"""The loop that a learner lives in, driven in a real terminal: files saved, keys typed, the screen read."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from grader import catalogue, happenings
from grader.live import edited_exercise
from tests.terminal_driver import Terminal

RIGHT = "    return (x - x.mean(0)) / (x.std(0) + eps)\n"
WRONG = "    return x - x.mean(0)\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(catalogue.EXERCISES, tmp_path / "exercises", ignore=shutil.ignore_patterns("*.md"))
    return tmp_path / "exercises"


def day_file(tree: Path, day: str = "day01") -> Path:
    return catalogue.find_day(day).file_in(tree)


def answer(file: Path, exercise: str, body: str) -> None:
    """Put a body under the stub of an exercise, in one step, as editors do."""
    head, _, rest = file.read_text(encoding="utf-8").partition(f"def {exercise}(")
    docstring, rest = rest.rsplit('"""', rest.count('"""') - 1)[0], rest
    start = rest.index('"""', rest.index('"""') + 3) + 4
    end = rest.find("\n\n\n", start)
    text = f"{head}def {exercise}({rest[:start]}{body}{rest[end if end >= 0 else len(rest) :]}"
    assert docstring
    new = file.with_suffix(".tmp")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def test_save_verdict_hint_next_and_quit(tree: Path) -> None:
    file = day_file(tree)
    with Terminal("watch", "day01", "--from", str(tree)) as terminal:
        terminal.until("checked at")
        assert "▸  standardize                 · todo" in terminal.text
        assert "n next  h hint  l list  s solution  r reset  a run all  e edit  q quit" in terminal.text

        answer(file, "standardize", WRONG)
        text = terminal.until("is wrong at index")
        assert "standardize                 ✗ wrong" in text
        assert "hint:" in text
        terminal.type("h")
        assert "hint 1 of 3" in terminal.until("h says more")

        answer(file, "standardize", RIGHT)
        text = terminal.until("standardize passed.")
        assert "▸  standardize                 ✓" in text  # it does not jump ahead by itself
        assert "1/7" in text
        terminal.type("n")
        terminal.until("▸  softmax")

        file.touch()
        answer(file, "standardize", RIGHT)
        terminal.until("nothing in it has changed")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.restored()


def test_list_search_and_another_day(tree: Path) -> None:
    with Terminal("watch", "day01", "--from", str(tree)) as terminal:
        terminal.until("checked at")
        terminal.type("l")
        assert "day01.standardize" in terminal.until("type to search")
        terminal.type("bord")
        terminal.until(lambda text: "day02.set_border" in text and "day01" not in text)
        terminal.type("zz")
        terminal.until("nothing matches")
        terminal.type("\x7f\x7f")
        terminal.until("day02.set_border")
        terminal.type("\r")
        terminal.until(lambda text: "Day 2" in text and "▸  set_border" in text)
        terminal.until("checked at")
        terminal.type("l\x1b[B\x1b[A\x1b[B\r")
        terminal.until("▸  histogram")
        terminal.type("l")
        terminal.until("type to search")
        terminal.type("\x1b")
        terminal.until("n next")
        answer(day_file(tree), "standardize", WRONG)  # a file of another day: go there
        terminal.until(lambda text: "Day 1" in text and "is wrong at index" in text)
        terminal.type("\x03")
        assert terminal.ended() == 130
        assert terminal.restored()


def test_reset_asks_and_says_where_the_file_is_kept(tree: Path) -> None:
    file = day_file(tree)
    answer(file, "standardize", WRONG)
    mine = file.read_text(encoding="utf-8")
    with Terminal("watch", "day01", "--from", str(tree), columns=100) as terminal:
        terminal.until("is wrong at index")
        terminal.type("r")
        terminal.until("Bring the stub of standardize back?")
        terminal.type("n")
        terminal.until("nothing was reset")
        assert file.read_text(encoding="utf-8") == mine
        terminal.type("r")
        terminal.until("Bring the stub of standardize back?")
        terminal.type("y")
        terminal.until(lambda text: "· todo" in text.partition("softmax")[0])
        (backup,) = file.parent.glob("*.bak")
        assert backup.read_text(encoding="utf-8") == mine
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 130
        assert terminal.restored()


def test_the_solution_is_shown_when_asked_twice(tree: Path) -> None:
    with Terminal("watch", "day01", "--from", str(tree), lines=60) as terminal:
        terminal.until("checked at")
        terminal.type("s")
        terminal.until("has not passed yet")
        terminal.type("x")
        terminal.until(lambda text: "has not passed yet" not in text)
        terminal.type("s")
        terminal.until("has not passed yet")
        terminal.type("y")
        assert "return " in terminal.until("reference  solutions/day01").partition("reference")[2]
        terminal.type("q")
        assert terminal.ended() == 0


def test_the_editor_is_told_the_line(tree: Path, tmp_path: Path) -> None:
    file = day_file(tree)
    editor = tmp_path / "vim"
    editor.write_text(f'#!/bin/sh\nstty -a | grep -q " icanon" && echo "$@" > {tmp_path}/told\n')
    editor.chmod(0o755)
    answer(file, "standardize", "    return x.no_such_thing\n")
    with Terminal("watch", "day01", "--from", str(tree), VISUAL=str(editor)) as terminal:
        terminal.until("raised")
        line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "no_such_thing" in text)
        terminal.type("e")
        terminal.until(lambda _: (tmp_path / "told").exists())
        terminal.type("q")
        assert terminal.ended() == 0
        assert (tmp_path / "told").read_text().strip() == f"+{line} {file}"
        assert terminal.restored()


def test_a_narrow_terminal_shows_everything(tree: Path) -> None:
    answer(day_file(tree), "standardize", WRONG)
    with Terminal("watch", "day01", "--from", str(tree), columns=60, NO_COLOR="1") as terminal:
        text = terminal.until("checked at")
        assert "pairwise_squared_distances  · todo" in text
        assert "q quit" in text
        assert max(map(len, text.splitlines())) <= 60
        terminal.type("q")
        assert terminal.ended() == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def a():\n    1\ndef b():\n    2\n", "def a():\n    1\ndef b():\n    3\n", "b"),
        ("def a():\n    1\ndef b():\n    2\n", "def a():\n    1\n    (\ndef b():\n    2\n", "a"),
        ("def a():\n    1\n", "def a():\n    1\n    2\n", "a"),
        ("x = 1\ndef a():\n    1\n", "x = 2\ndef a():\n    1\n", ""),
        ("def helper():\n    1\n", "def helper():\n    2\n", ""),
        ("", "def a():\n", "a"),
    ],
)
def test_the_edited_exercise_is_where_the_texts_part(old: str, new: str, expected: str) -> None:
    assert edited_exercise(old, new, ["a", "b"]) == expected


def test_a_folder_of_another_machine_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    mount = namedtuple("mount", "mountpoint fstype")
    monkeypatch.setattr(
        happenings.psutil,
        "disk_partitions",
        lambda all: [mount("/", "ext4"), mount("/home", "nfs4"), mount("/home/here", "ext4")],
    )
    assert happenings.needs_polling(Path("/home/me/kata"))
    assert not happenings.needs_polling(Path("/home/here/kata"))
    assert not happenings.needs_polling(Path("/work"))
