"""Every code block of every lesson runs, in order, and prints what its comments say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.kata import catalogue

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

MARK = "-- next block --"
# What follows `print(...)  # ` is what it prints; lines that are only a comment, right below, go on with it.
PROMISE = re.compile(r"^ *print\(.*?\) *(?:# (?P<first>.*))?\n(?P<more>(?: *# .*\n)*)", re.MULTILINE)


def promises(block: str) -> list[str]:
    """What the comments beside print calls say will be printed."""
    found = []
    for match in PROMISE.finditer(block):
        more = [line.strip().removeprefix("# ") for line in match["more"].splitlines()]
        found.append("\n".join([match["first"] or "", *more]).strip())
    return [promise for promise in found if promise]


def _words(text: str) -> str:
    return " ".join(text.split())


def blocks(lesson: Path) -> list[str]:
    return BLOCK.findall(lesson.read_text(encoding="utf-8"))


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_the_lesson_runs(day: catalogue.Day, tmp_path: Path) -> None:
    lesson = catalogue.LESSONS / day.folder / "README.md"
    code = blocks(lesson)
    assert len(code) >= 4
    program = tmp_path / "lesson.py"
    program.write_text(f"print({MARK!r})\n".join(code), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    for block, output in zip(code, ended.stdout.split(MARK), strict=True):
        printed = _words(output)
        for said in promises(block):
            if re.match(r"[a-z]+ [a-z]", said):
                continue  # a remark
            said = said.removesuffix(" ...")
            # A remark may follow what is printed, after two blanks.
            bare = re.sub(r"  +[a-z][^\n]*$", "", said)
            assert _words(said) in printed or _words(bare) in printed, (
                f"a comment says it prints {said!r}; it prints {output!r}"
            )


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_the_lesson_names_every_exercise(day: catalogue.Day) -> None:
    text = (catalogue.LESSONS / day.folder / "README.md").read_text(encoding="utf-8")
    for exercise in day.exercises:
        assert f"`{exercise.name}`" in text, exercise.name
