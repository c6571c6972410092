"""The kept file: the last cell of each exercise of a day, with what it uses of earlier ones, in a tree shaped like `exercises/`.

Several kernels may keep cells at once: each reads the file anew, changes its own exercise and puts the whole in place, while
the others wait. Sections begin with a line of their own, in the percent format that editors know as cells.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from grader.kata.catalogue import Day
from grader.kata.files import write
from grader.kata.workspace import stub_of
from grader.serve.judged_text import Text
from grader.source.blocks import parsed
from grader.source.syntax import Definition, lines_of, split_lines

try:
    import fcntl
except ImportError:  # a system without it
    fcntl = None  # type: ignore[assignment]

FOLDER = "notebook"  # below the folder of the record
_PATIENCE = 5.0  # seconds that one waits for another
_MARK = re.compile(r"# %% (day\d\d)\.(\w+)(: what it uses of earlier cells)?\s*$")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an exercise."""

    cell: str
    uses: str = ""  # parts of earlier cells


class KeptFiles:
    """The kept file of each day."""

    def __init__(self, record: Path) -> None:
        self.tree = record / FOLDER

    def cell_of(self, day: Day, exercise: str) -> str | None:
        """The cell that was kept last; None where none was."""
        found = self._read(day)[1].get(exercise)
        return found.cell if found else None

    def before(self, day: Day, exercise: str) -> list[Text]:
        """What a cell for an exercise may use of it, the most general first."""
        try:
            head, kept = self._read(day)
        except OSError:  # then nothing can be used of it; that it cannot be kept is told
            head, kept = _head(day), {}
        exercises = frozenset(one.name for one in day.exercises)
        others = [one for name, one in kept.items() if name != exercise]
        found = [Text(head, of_all=True), *(Text(one.uses) for one in others)]
        found += [Text(one.cell, not_copied=exercises) for one in others]
        return [*found, Text(kept[exercise].uses)] if exercise in kept else found

    def keep(self, day: Day, exercise: str, cell: Kept) -> Path:
        """Put a cell in the place of the one that was kept for its exercise. Raises OSError."""
        file = day.file_in(self.tree)
        with _alone(file.with_name(".lock")):
            head, kept = self._read(day)
            kept[exercise] = cell
            text = _in_sections(day, head, kept)
            if not file.exists() or file.read_bytes() != text.encode():
                write(file, text.encode())
        return file

    def _read(self, day: Day) -> tuple[str, dict[str, Kept]]:
        """What stands above all cells, and what is kept of each exercise. Raises OSError."""
        file = day.file_in(self.tree)
        if not file.exists():
            return _head(day), {}
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # whoever did this may want it back
            file.replace(file.with_name(f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}.bak"))
            return _head(day), {}
        return _sections(text)


def _head(day: Day) -> str:
    """What the stubs of a day have for all of its exercises: imports, classes that are given."""
    text = stub_of(day)
    lines, names = split_lines(text), {one.name for one in day.exercises}
    parts = [
        "".join(lines[lines_of(node, lines)])
        for node in parsed(text).tree.body[1:]  # without its docstring
        if not (isinstance(node, Definition) and node.name in names)
    ]
    told = f"The last cell of each exercise of {day.key} that was graded, kept by the grader."
    return "\n".join([f"# {told}\n", *parts])


def _sections(text: str) -> tuple[str, dict[str, Kept]]:
    """A kept file taken apart."""
    head: list[str] = []
    cells: dict[str, list[str]] = {}
    uses: dict[str, list[str]] = {}
    into = head
    for line in split_lines(text):
        if mark := _MARK.match(line):
            part = uses if mark[3] else cells
            into = part.setdefault(mark[2], [])
        else:
            into.append(line)
    names = dict.fromkeys([*cells, *uses])
    return "".join(head), {
        name: Kept(_trimmed(cells.get(name, [])), _trimmed(uses.get(name, []))) for name in names
    }


def _in_sections(day: Day, head: str, kept: dict[str, Kept]) -> str:
    """A kept file put together, in the order of the day."""
    order = {exercise.name: number for number, exercise in enumerate(day.exercises)}
    parts = [_trimmed([head])]
    for name in sorted(kept, key=lambda name: order.get(name, len(order))):
        if kept[name].uses.strip():
            parts.append(
                f"# %% {day.key}.{name}: what it uses of earlier cells\n{_harmless(kept[name].uses)}"
            )
        parts.append(f"# %% {day.key}.{name}\n{_harmless(kept[name].cell)}")
    return "\n\n".join(parts)


def _harmless(text: str) -> str:
    """A text in which no line begins a section."""
    lines = [f"#{line}" if _MARK.match(line) else line for line in split_lines(text)]
    return _trimmed(lines)


def _trimmed(lines: list[str]) -> str:
    """The lines without blank ones around them."""
    text = "".join(lines).strip("\r\n")
    return f"{text}\n" if text else ""


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """No other kernel changes the file meanwhile. Raises OSError when one does not come to an end."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o666)
    try:
        deadline = time.monotonic() + _PATIENCE
        while fcntl is not None:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise OSError(None, f"another grader has held {lock} for more than {_PATIENCE:g} seconds")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
