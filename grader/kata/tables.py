"""The tables that are written from the exercises' own lines: TOPICS.md, and the one in each day's lesson.

Both lines stand at the head of an exercise's hints.md: `lesson: what it does`, and `topics: one; another`, which are
rows of TOPICS.md. Order and headings are those of the tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from grader.kata import catalogue, files, hints
from grader.kata.catalogue import STRETCH_SIGN, Day

TOPICS = catalogue.ROOT / "TOPICS.md"
_HEAD = "| exercise | what it does |\n|---|---|\n"
_LESSON_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")
_TOPIC_ROW = re.compile(r"^\| (?!topic \|)([^|]*[^| -]) \|[^|]*\|$", re.MULTILINE)


class NoTable(ValueError):
    """A table cannot be written. The text says what is missing, and where."""


def lesson(day: Day, text: str) -> str:
    """A day's lesson with its table of exercises as it should be. Raises NoTable."""
    rows = []
    for exercise in day.exercises:
        does = _line(day, exercise.name, "lesson")
        rows.append(f"| {f'{STRETCH_SIGN} ' * exercise.stretch}`{exercise.name}` | {does} |\n")
    if len(_LESSON_TABLE.findall(text)) != 1:
        raise NoTable(f"the lesson of {day.key} needs one table that begins with {_HEAD.splitlines()[0]!r}")
    return _LESSON_TABLE.sub(lambda _: _HEAD + "".join(rows), text)


def topics(days: Sequence[Day], text: str) -> str:
    """The table of topics with the exercises as they should be. Raises NoTable."""
    wanted: dict[str, list[str]] = {topic: [] for topic in _TOPIC_ROW.findall(text)}
    for day in days:
        for exercise in day.exercises:
            for topic in _line(day, exercise.name, "topics").split("; "):
                if topic not in wanted:
                    raise NoTable(
                        f"{day.key}.{exercise.name} has the topic {topic!r}, for which {TOPICS.name} has no row; "
                        "add an empty one where it belongs"
                    )
                wanted[topic].append(f"`{day.key}.{exercise.name}`")
    return _TOPIC_ROW.sub(lambda row: f"| {row[1]} | {' '.join(wanted[row[1]])} |", text)


def write() -> list[Path]:
    """Bring all tables of the kata's own tree in step; returns the files that were changed. Raises NoTable."""
    days = catalogue.days()
    lessons = {day.file_in(catalogue.LESSONS).with_name("README.md"): day for day in days}
    texts = {path: lesson(day, _read(path)) for path, day in lessons.items() if path.exists()}
    if TOPICS.exists():
        texts[TOPICS] = topics(days, _read(TOPICS))
    changed = [path for path, text in texts.items() if text != _read(path)]
    for path in changed:
        files.write(path, texts[path].encode())
    return changed


def _line(day: Day, exercise: str, name: str) -> str:
    path = day.hints_of(exercise)
    facts = hints.facts(_read(path)) if path.exists() else {}
    if name not in facts:
        raise NoTable(f"{path} has no line that begins with {name}:")
    return facts[name]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
