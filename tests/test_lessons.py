"""Every code block of every lesson runs, in order, and prints what its comments say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader import catalogue

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(lesson: Path) -> list[str]:
    return BLOCK.findall(lesson.read_text(encoding="utf-8"))


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_the_lesson_runs(day: catalogue.Day, tmp_path: Path) -> None:
    lesson = catalogue.EXERCISES / day.folder / "README.md"
    code = blocks(lesson)
    assert len(code) >= 4
    program = tmp_path / "lesson.py"
    program.write_text("\n".join(code), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr[-3000:]


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_the_lesson_names_every_exercise(day: catalogue.Day) -> None:
    text = (catalogue.EXERCISES / day.folder / "README.md").read_text(encoding="utf-8")
    for exercise in day.exercises:
        assert f"`{exercise.name}`" in text, exercise.name
