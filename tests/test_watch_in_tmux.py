"""`watch` as people run it: typed into a shell, in a terminal that is resized, suspended and brought back."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from grader.kata import catalogue
from tests.stub_answers import RIGHT_STANDARDIZE, WRONG_STANDARDIZE, answer, exercises_in
from tests.tmux_driver import Tmux, at_the_prompt

# Where the whole project is tested, tmux must be there; elsewhere the pseudo-terminal of test_watch.py has to do.
pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None and not os.environ.get("CI"), reason="tmux is not installed"
)


def test_a_learner_works_on_a_day(tmp_path: Path) -> None:
    tree = exercises_in(tmp_path)
    file = catalogue.find_day("day01").file_in(tree)
    with Tmux(columns=100, lines=44) as terminal:
        terminal.shell(f"python -m grader watch day01 --from {shlex.quote(str(tree))}")
        terminal.until("checked at")

        answer(file, "standardize", WRONG_STANDARDIZE)
        text = terminal.until("is wrong at index")
        assert "▸  standardize                 ✗ wrong" in text
        terminal.type("h")
        terminal.until("hint 1 of 3")
        terminal.type("h")
        terminal.until("hint 2 of 3")

        answer(file, "standardize", RIGHT_STANDARDIZE)
        text = terminal.until(lambda text: "beside the reference" in text and "checked at" in text)
        assert "▸  standardize                 ✓" in text
        terminal.type("n")
        terminal.until("▸  softmax")

        terminal.resize(60, 44)
        row = "pairwise_squared_distances  · todo"
        terminal.until(
            lambda text: max(map(len, text.splitlines())) <= 60 and "q quit" in text and row in text
        )

        terminal.press("C-z")
        terminal.until(at_the_prompt)
        assert terminal.cursor_shown
        terminal.shell("fg")
        terminal.until(lambda text: "▸  softmax" in text and not at_the_prompt(text))

        terminal.type("l")
        terminal.until("type to search")
        terminal.type("masked")
        terminal.until(lambda text: "day01.masked_mean" in text and "softmax" not in text)
        terminal.press("Enter")
        terminal.until("▸  masked_mean")

        terminal.type("q")
        terminal.until(at_the_prompt)
        assert terminal.cursor_shown
        terminal.shell("echo left with $?; stty -a | tr ' ;' '\\n\\n' | grep -cx -e icanon -e echo -e isig")
        terminal.until(lambda text: "left with 0\n3\n" in text)


@pytest.mark.parametrize("ending", ["C-c", "TERM", "HUP", "window"])
def test_whatever_ends_it_nothing_is_left_behind(tmp_path: Path, ending: str) -> None:
    tree = exercises_in(tmp_path)
    with Tmux() as terminal:
        command = f"python -m grader watch day01 --from {shlex.quote(str(tree))}"
        terminal.shell(f"echo $$ > {tmp_path}/shell; {command}")
        terminal.until("checked at")
        watching = child_of(int((tmp_path / "shell").read_text()))
        family = [watching, *watching.children(recursive=True)]
        assert len(family) > 1
        if ending == "window":
            terminal.close()
        elif ending == "C-c":
            terminal.press("C-c")
        else:
            watching.send_signal(getattr(signal, f"SIG{ending}"))
        _, alive = psutil.wait_procs(family, timeout=30)
        assert not alive
        if ending != "window":
            terminal.until(at_the_prompt)
            assert terminal.cursor_shown
            terminal.shell("stty -a | tr ' ;' '\\n\\n' | grep -cx -e icanon -e echo -e isig")
            terminal.until(lambda text: "\n3\n" in text)


def child_of(shell: int) -> psutil.Process:
    """The grader that a shell runs."""
    (child,) = psutil.Process(shell).children()
    return child
