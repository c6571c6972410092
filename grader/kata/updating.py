"""What an update of a workspace would do: each day's file with its new stubs, each lesson, and what is to be said."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from grader import __version__
from grader.kata import home, originals, shipped
from grader.kata.catalogue import Day
from grader.kata.files import free_name, write
from grader.kata.journal import Change, read
from grader.kata.merging import Merged, merge
from grader.kata.originals import Originals
from grader.source.syntax import line_end, split_lines


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What an update does to a day's file. `path` lies below the workspace; `is_new` where there was no such file."""

    day: Day
    path: str
    merged: Merged
    is_new: bool = False


@dataclass(slots=True)
class Plan:
    """What an update does. Paths lie below the workspace."""

    folder: Path
    before: Originals  # as it was
    record: Originals  # as it will be
    days: list[DayPlan] = field(default_factory=list)
    lessons: list[str] = field(default_factory=list)  # lessons and pictures that are written
    beside: dict[str, str] = field(default_factory=dict)  # one that was changed -> where the new one is laid
    gone: list[str] = field(default_factory=list)  # files of days that are no more
    guessed: list[str] = field(
        default_factory=list
    )  # day's files of which nobody knows how they were brought
    changes: list[Change] = field(default_factory=list)
    brought: list[tuple[str, bytes]] = field(default_factory=list)  # what is to be kept as originals

    @property
    def left_undone(self) -> bool:
        """Whether something waits for the learner: a conflict, lines that are no Python."""
        return any(one.merged.left or one.merged.broken for one in self.days)


def plan(folder: Path, days: Sequence[Day], record: Originals) -> Plan:
    """Look at every file of a workspace; nothing is written. Raises OSError."""
    found = Plan(folder, record, replace(record, kata=__version__))
    for day in days:
        _plan_day(found, day)
        if not home.is_the_kata_itself(folder):  # there git brings the lessons
            for path, content in shipped.lesson_files(day).items():
                _plan_lesson(found, path, content)
    ours = {shipped.stub_path(day) for day in days}
    for path in record.hashes:
        if path.endswith(".py") and path not in ours:
            found.gone += [path] if (folder / path).exists() else []
            found.record = found.record.without(path)
    if found.record != record:
        marker = read(folder / home.MARKER)
        found.changes.append(Change(home.MARKER, marker, found.record.text()))
    return found


def write_originals(found: Plan) -> None:
    """Keep all that is brought, so that the next update knows it. Raises OSError."""
    for path, content in found.brought:
        originals.keep(found.folder, path, content)


def set_aside_damaged(folder: Path) -> Path:
    """Keep a record that cannot be read under another name; what it is called there. Raises OSError."""
    file = folder / home.MARKER
    aside = free_name(file)
    write(aside, file.read_bytes())
    return aside


def _plan_day(found: Plan, day: Day) -> None:
    path, stub = shipped.stub_path(day), shipped.stub_bytes(day)
    mine, known = read(found.folder / path), found.before.known(found.folder, path)
    if mine is None:
        merged = Merged(stub, added=tuple(exercise.name for exercise in day.exercises))
    else:
        merged = merge(mine, [one.decode() for one in known], stub.decode())
        if not known and merged.content is not None:
            found.guessed.append(path)
    found.days.append(DayPlan(day, path, merged, is_new=mine is None))
    if merged.content is not None:
        found.changes.append(Change(path, mine, merged.content))
    if not (merged.left or merged.broken):  # what waits for the learner is brought, and told, the next time
        _bring(found, path, stub)


def _plan_lesson(found: Plan, path: str, content: bytes) -> None:
    """A lesson, or a picture of it. One in which somebody has written stays, and the new one is laid beside it."""
    file = found.folder / path
    mine, known = read(file), found.before.known(found.folder, path)
    _bring(found, path, content)
    if mine is not None and _plain(path, mine) == _plain(path, content):
        return
    untouched = mine is None or any(_plain(path, mine) == _plain(path, one) for one in known)
    if untouched:
        found.lessons.append(path)
        found.changes.append(Change(path, mine, _as_written(path, content, mine)))
    elif not known or known[-1] != content:
        place = _beside(found, path)
        found.beside[path] = place
        now = read(found.folder / place)
        if now != content:
            found.changes.append(Change(place, now, content))
            _bring(found, place, content)


def _beside(found: Plan, path: str) -> str:
    """Where a new lesson is laid beside the learner's: `README.new.md`, unless somebody has written in that one, too."""
    name = PurePosixPath(path)
    for number in _numbers():
        place = str(name.with_name(f"{name.stem}.new{number}{name.suffix}"))
        now = read(found.folder / place)
        if now is None or now in found.before.known(found.folder, place):
            return place
    raise AssertionError("numbers do not end")


def _numbers() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _bring(found: Plan, path: str, content: bytes) -> None:
    found.record = found.record.with_content(path, content)
    found.brought.append((path, content))


def _plain(path: str, content: bytes) -> bytes:
    """A text without what editors change by themselves: the mark at its beginning, the ends of its lines."""
    if not path.endswith(".md"):
        return content
    lines = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    return lines


def _as_written(path: str, content: bytes, mine: bytes | None) -> bytes:
    """A new text with the mark and the line ends that the old one has."""
    if mine is None or not path.endswith(".md"):
        return content
    mark = codecs.BOM_UTF8 if mine.startswith(codecs.BOM_UTF8) else b""
    first = split_lines(mine.decode("utf-8", "replace"))[:1]
    end = line_end(first[0]) if first else "\n"
    return mark + content.replace(b"\n", end.encode())
