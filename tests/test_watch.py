"""The loop that a learner lives in, driven in a real terminal: files saved, keys typed, the screen read."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grader.kata import catalogue
from grader.watch import listeners
from tests.stub_answers import RIGHT_STANDARDIZE, WRONG_STANDARDIZE, answer, exercises_in
from tests.terminal_driver import ROOT, Terminal


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return exercises_in(tmp_path)


def day_file(tree: Path, day: str = "day01") -> Path:
    return catalogue.find_day(day).file_in(tree)


def test_save_verdict_hint_next_and_quit(tree: Path) -> None:
    file = day_file(tree)
    with Terminal("watch", "day01", "--from", str(tree)) as terminal:
        terminal.until("checked at")
        assert "▸  standardize                 · todo" in terminal.text
        keys = "n next h hint l list s solution r reset a run all e edit t try p picture q quit"
        assert keys in terminal.text

        answer(file, "standardize", WRONG_STANDARDIZE)
        text = terminal.until("is wrong at index")
        assert "standardize                 ✗ wrong" in text
        assert "hint:" in text
        terminal.type("h")
        assert "hint 1 of 3" in terminal.until("h says more")

        answer(file, "standardize", RIGHT_STANDARDIZE)
        text = terminal.until("standardize passed.")
        assert "▸  standardize                 ✓" in text  # it does not jump ahead by itself
        assert "1/7" in text
        terminal.type("n")
        terminal.until("▸  softmax")

        file.touch()
        answer(file, "standardize", RIGHT_STANDARDIZE)
        terminal.until("nothing in it has changed")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.restored()


def test_what_a_save_breaks_off_is_judged_afterwards(tree: Path) -> None:
    file = day_file(tree)
    slow = f"    import time\n    time.sleep(0.4)\n{RIGHT_STANDARDIZE}"
    with Terminal("watch", "day01", "--from", str(tree)) as terminal:
        terminal.until("checked at")
        answer(file, "standardize", WRONG_STANDARDIZE)
        terminal.until(lambda text: "is wrong at index" in text and "checked at" in text)
        answer(file, "standardize", slow)
        terminal.until("checking standardize")
        answer(file, "softmax", "    return x\n")
        text = terminal.until(lambda text: "softmax                     ✗" in text and "checked at" in text)
        assert "standardize                 ✓" in text
        terminal.type("q")
        assert terminal.ended() == 0


def test_list_search_and_another_day(tree: Path) -> None:
    with Terminal("watch", "day01", "--from", str(tree)) as terminal:
        terminal.until("checked at")
        terminal.type("l")
        assert "day01.standardize" in terminal.until("type to search")
        terminal.type("bord")
        terminal.until(lambda text: "▸ · day02.set_border" in text and "2 exercises" in text)
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
        answer(day_file(tree), "standardize", WRONG_STANDARDIZE)  # a file of another day: go there
        terminal.until(lambda text: "Day 1" in text and "is wrong at index" in text)
        terminal.type("\x03")
        assert terminal.ended() == 130
        assert terminal.restored()


def test_reset_asks_and_says_where_the_file_is_kept(tree: Path) -> None:
    file = day_file(tree)
    answer(file, "standardize", WRONG_STANDARDIZE)
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
        text = terminal.until("any key: back")
        assert "return " in text.partition("reference  solutions/day01")[2]
        answer(
            day_file(tree), "softmax", "    return x\n"
        )  # a verdict does not take the page away, a save does
        terminal.until(lambda text: "▸  softmax" in text and "checked at" in text)
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


def test_a_low_terminal_shows_the_rows_about_the_focus(tree: Path) -> None:
    answer(day_file(tree), "masked_mean", "    return x.mean()\n")
    with Terminal("watch", "day01", "--from", str(tree), lines=20) as terminal:
        terminal.until("checked at")
        terminal.type("l")
        terminal.until("type to search")
        terminal.type("masked\r")
        text = terminal.until("▸  masked_mean")
        assert text.startswith("Day 1")  # nothing has scrolled away
        assert "bank_step" in text
        assert "standardize" not in text
        assert "masked_mean([1, 2, 6], [True, False, True]) is wrong" in text
        assert "q quit" in text
        terminal.type("q")
        assert terminal.ended() == 0


def test_a_narrow_terminal_shows_everything(tree: Path) -> None:
    answer(day_file(tree), "standardize", WRONG_STANDARDIZE)
    with Terminal("watch", "day01", "--from", str(tree), columns=60, NO_COLOR="1") as terminal:
        text = terminal.until("checked at")
        assert "pairwise_squared_distances  · todo" in text
        assert "q quit" in text
        assert max(map(len, text.splitlines())) <= 60
        terminal.type("q")
        assert terminal.ended() == 0


@pytest.fixture
def kata(tmp_path: Path) -> Path:
    """A copy of the kata: its `exercises/` are the learner's own, so that progress is recorded."""
    for part in ("grader", "exercises", "solutions"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_what_passed_is_known_when_watch_comes_back(kata: Path) -> None:
    answer(day_file(kata / "exercises"), "standardize", RIGHT_STANDARDIZE)
    for visit in range(2):
        with Terminal("watch", "day01", cwd=kata, KATA_FOLDER=str(kata / ".kata"), lines=50) as terminal:
            text = terminal.until("▸  softmax" if visit else "checked at")
            assert "standardize                 ✓" in text
            assert ("checked at" in text) is not bool(visit)
            terminal.type("q")
            assert terminal.ended() == 0


def test_a_record_that_cannot_be_kept_is_said_and_grading_goes_on(kata: Path) -> None:
    (kata / "file").touch()
    answer(day_file(kata / "exercises"), "standardize", RIGHT_STANDARDIZE)
    with Terminal("watch", "day01", cwd=kata, KATA_FOLDER=str(kata / "file" / "x"), columns=200) as terminal:
        text = terminal.until("checked at")
        assert "progress is not recorded: " in text
        assert "standardize                 ✓" in text
        terminal.type("q")
        assert terminal.ended() == 0


def test_a_damaged_record_is_set_aside_and_that_is_said(kata: Path) -> None:
    (kata / ".kata").mkdir()
    (kata / ".kata" / "progress.sqlite3").write_bytes(b"no database" * 100)
    with Terminal("watch", "day01", cwd=kata, KATA_FOLDER=str(kata / ".kata"), columns=120) as terminal:
        terminal.until(lambda text: "checked at" in text and "was damaged" in text)
        assert list((kata / ".kata").glob("*.damaged-*"))
        terminal.type("q")
        assert terminal.ended() == 0


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_in_a_pipe_it_judges_every_save_and_reads_no_keys(tree: Path, encoding: str) -> None:
    answer(day_file(tree), "standardize", WRONG_STANDARDIZE)
    command = [sys.executable, "-m", "grader", "watch", "day01", "--from", str(tree)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding=encoding,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUNBUFFERED": "1", "COLUMNS": "80"},
    ) as process:
        assert process.stdout
        seen = ""
        while "checked at" not in seen:
            seen += process.stdout.readline()
        assert "is wrong at index" in seen
        answer(day_file(tree), "standardize", RIGHT_STANDARDIZE)
        while "standardize passed." not in seen:
            seen += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "\x1b" not in seen + rest
    assert "q quit" not in seen


def test_a_folder_of_another_machine_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    mount = namedtuple("mount", "mountpoint fstype")
    monkeypatch.setattr(
        listeners.psutil,
        "disk_partitions",
        lambda all: [mount("/", "ext4"), mount("/home", "nfs4"), mount("/home/here", "ext4")],
    )
    assert listeners.needs_polling(Path("/home/me/kata"))
    assert not listeners.needs_polling(Path("/home/here/kata"))
    assert not listeners.needs_polling(Path("/work"))
