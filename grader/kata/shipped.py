"""What the kata ships for each day: the stubs, the lesson and the lesson's pictures, as they belong into a workspace."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from grader.kata import catalogue, home
from grader.kata.catalogue import Day
from grader.kata.workspace import stub_of

LESSON = "README.md"
# What a lesson shows lies beside it.
_BESIDE = re.compile(r"\]\(([\w-]+\.\w+)\)")


def stub_path(day: Day) -> str:
    """Where a day's file lies in a workspace, with `/` between the folders."""
    return str(PurePosixPath(home.EXERCISES, day.folder, f"{day.stem}.py"))


def stub_bytes(day: Day) -> bytes:
    """A day's stubs as they are written."""
    return stub_of(day).encode()


def lesson_files(day: Day) -> dict[str, bytes]:
    """The lesson and what it shows: path in a workspace -> content."""
    folder = catalogue.LESSONS / day.folder
    lesson = (folder / LESSON).read_bytes()
    names = [LESSON, *sorted(set(_BESIDE.findall(lesson.decode("utf-8"))))]
    return {
        str(PurePosixPath(home.EXERCISES, day.folder, name)): (folder / name).read_bytes() for name in names
    }
