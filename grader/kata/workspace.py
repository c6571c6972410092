"""The learner's tree: write stubs, bring one back. Never overwrites what somebody wrote without a copy."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.kata.catalogue import Day, Exercise
from grader.kata.files import free_name, write
from grader.kata.stubs import stub
from grader.source.blocks import parsed
from grader.source.syntax import Definition, line_end, lines_of, split_lines

_RECORD = ".generated.json"  # folder -> hash of the stub as it was generated


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one file. `action` is written, unchanged, kept or backed up; damaged, of the record of stubs."""

    file: Path
    action: str
    backup: Path | None = None


def write_stubs(days: Sequence[Day], tree: Path) -> list[Outcome]:
    """Write every day's stub that is missing or out of step; keep the files that somebody changed.

    Where the record of what was generated is damaged, it is kept under another name, which the last outcome tells. Then
    nobody knows which files were changed, so all that are there are kept.
    """
    record_file = tree / _RECORD
    outcomes = []
    try:
        record = _record(record_file)
        damaged = None
    except ValueError:
        record, damaged = {}, free_name(record_file)
        write(damaged, record_file.read_bytes())
    for day in days:
        file, text = day.file_in(tree), stub_of(day)
        old = file.read_text(encoding="utf-8", errors="replace") if file.exists() else None
        if old == text:
            action = "unchanged"
        elif old is not None and _hash(old) != record.get(day.folder):
            action = "kept"
        else:
            write(file, text.encode())
            action = "written"
        if action != "kept":
            record[day.folder] = _hash(text)
        outcomes.append(Outcome(file, action))
    write(record_file, (json.dumps(record, indent=2, sort_keys=True) + "\n").encode())
    if damaged:
        outcomes.append(Outcome(record_file, "damaged", damaged))
    return outcomes


def _record(file: Path) -> dict[str, str]:
    """Hashes of the stubs as they were generated. Raises ValueError when the file is no such record."""
    if not file.exists():
        return {}
    record = json.loads(file.read_bytes())
    if not isinstance(record, dict) or not all(isinstance(value, str) for value in record.values()):
        raise ValueError("no record of stubs")
    return record


def preview(day: Day, exercises: Sequence[Exercise], tree: Path) -> Outcome:
    """What `reset` is about to do; nothing is written. Raises ValueError as it does."""
    return _plan(day, exercises, tree)[0]


def reset(day: Day, exercises: Sequence[Exercise], tree: Path, backup: Path | None = None) -> Outcome:
    """Bring stubs back, of a whole day or of some exercises, and keep a copy of the file as it was.

    The copy is called `backup` when that name is given and still free. Raises ValueError when only some exercises are
    asked for, and what is no Python keeps them from being told from others.
    """
    outcome, old, new = _plan(day, exercises, tree)
    if outcome.backup:
        kept_as = backup if backup and not os.path.lexists(backup) else outcome.backup
        write(kept_as, old, mode=stat.S_IMODE(outcome.file.stat().st_mode))
        outcome = replace(outcome, backup=kept_as)
    if outcome.action != "unchanged":
        write(outcome.file, new)
    return outcome


def _plan(day: Day, exercises: Sequence[Exercise], tree: Path) -> tuple[Outcome, bytes, bytes]:
    """What a reset does, the file as it is and as it will be."""
    file, text = day.file_in(tree), stub_of(day)
    if not file.exists():
        return Outcome(file, "written"), b"", text.encode()
    old = file.read_bytes()
    mark = codecs.BOM_UTF8 if old.startswith(codecs.BOM_UTF8) else b""
    # Bytes that are no UTF-8 stay what they are.
    lines = split_lines(old.removeprefix(mark).decode("utf-8", "surrogateescape"))
    end = line_end(lines[0]) if lines else "\n"
    fresh = [line.rstrip("\r\n") + end for line in split_lines(text)]
    empty = not any(map(str.strip, lines))  # then it gets all of its stubs
    if len(exercises) < len(day.exercises) and not empty:
        fresh = _with_stubs(lines, fresh, [exercise.name for exercise in exercises])
    new = mark + "".join(fresh).encode("utf-8", "surrogateescape")
    if old == new:
        return Outcome(file, "unchanged"), old, new
    return Outcome(file, "backed up", free_name(file)), old, new


def stub_of(day: Day) -> str:
    """The stub of a day's file."""
    return stub(day.solution.read_text(encoding="utf-8"))


def _with_stubs(learner: Sequence[str], stubs: Sequence[str], names: Sequence[str]) -> list[str]:
    """The learner's lines with some definitions replaced by their stubs; a missing one is added at the end."""
    spans = _spans(learner, names)
    fresh, lines, end = _spans(stubs, names), [*learner], line_end(learner[0])
    lines[-1] = f"{lines[-1].removesuffix(end)}{end}"
    for name in sorted(
        names, key=lambda name: spans[name].start if name in spans else len(lines), reverse=True
    ):
        block = stubs[fresh[name]]
        if name in spans:
            below = lines[spans[name].stop - 1 : spans[name].stop]
            gap = [] if below[0].strip() or spans[name].stop == len(lines) else [end, end]
            lines[spans[name]] = [
                *block,
                *gap,
            ]  # a block that is no Python goes with the blank lines below it
        else:
            lines += [end, end, *block]
    return lines


def _spans(lines: Sequence[str], names: Sequence[str]) -> dict[str, slice]:
    """Where each top-level definition lies, decorators included. One that is no Python is its whole block.

    Raises ValueError where such a block holds several, one of them asked for: nobody can tell one from the next.
    """
    text = "".join(lines).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    file = parsed(text)
    spans = {node.name: lines_of(node, lines) for node in file.tree.body if isinstance(node, Definition)}
    for block in file.broken:
        asked = [name for name in block.names if name in names]
        if asked and len(block.names) > 1:
            where = f"line {block.error.lineno}" if block.error.lineno else "something above it"
            others = " and ".join(name for name in block.names if name != asked[0])
            raise ValueError(
                f"{where} is no Python, so {asked[0]} cannot be told from {others}; mend that line first"
            )
        spans |= dict.fromkeys(asked, block.lines)
    return spans


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
