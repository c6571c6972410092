"""The learner's tree: write stubs, bring one back. Never overwrites what somebody wrote without a copy."""

from __future__ import annotations

import ast
import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader.kata.catalogue import Day, Exercise
from grader.kata.stubs import stub

_RECORD = ".generated.json"  # folder -> hash of the stub as it was generated


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one file. `action` is written, unchanged, kept or backed up."""

    file: Path
    action: str
    backup: Path | None = None


def write_stubs(days: Sequence[Day], tree: Path) -> list[Outcome]:
    """Write every day's stub that is missing or out of step; keep the files that somebody changed."""
    record_file = tree / _RECORD
    record: dict[str, str] = json.loads(record_file.read_text()) if record_file.exists() else {}
    outcomes = []
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
    return outcomes


def preview(day: Day, exercises: Sequence[Exercise], tree: Path) -> Outcome:
    """What `reset` is about to do; nothing is written. Raises ValueError as it does."""
    return _plan(day, exercises, tree)[0]


def reset(day: Day, exercises: Sequence[Exercise], tree: Path, backup: Path | None = None) -> Outcome:
    """Bring stubs back, of a whole day or of some exercises, and keep a copy of the file as it was.

    The copy is called `backup` when that name is given and still free. Raises ValueError when only some exercises are
    asked for and the file is no Python.
    """
    outcome, old, text = _plan(day, exercises, tree)
    if outcome.backup:
        kept_as = backup if backup and not backup.exists() else outcome.backup
        write(kept_as, old)
        outcome = replace(outcome, backup=kept_as)
    if outcome.action != "unchanged":
        write(outcome.file, text.encode())
    return outcome


def _plan(day: Day, exercises: Sequence[Exercise], tree: Path) -> tuple[Outcome, bytes, str]:
    """What a reset does, the file as it is and as it will be."""
    file, text = day.file_in(tree), stub_of(day)
    if not file.exists():
        return Outcome(file, "written"), b"", text
    old = file.read_bytes()
    if len(exercises) < len(day.exercises) and old.strip():  # an empty file gets all of its stubs
        text = _with_stubs(old.decode("utf-8", "replace"), text, [exercise.name for exercise in exercises])
    if old == text.encode():
        return Outcome(file, "unchanged"), old, text
    return Outcome(file, "backed up", _free_name(file)), old, text


def stub_of(day: Day) -> str:
    """The stub of a day's file."""
    return stub(day.solution.read_text(encoding="utf-8"))


def _with_stubs(learner: str, stubs: str, names: Sequence[str]) -> str:
    """The learner's text with some definitions replaced by their stubs; a missing one is added at the end."""
    try:
        spans = _spans(learner)
    except SyntaxError as error:
        raise ValueError(
            f"line {error.lineno} is no Python, so one exercise cannot be told from the next; reset the whole day"
        ) from error
    fresh, stub_lines = _spans(stubs), stubs.splitlines(keepends=True)
    lines = learner.splitlines(keepends=True)
    for name in sorted(names, key=lambda name: spans.get(name, (len(lines), 0)), reverse=True):
        start, end = fresh[name]
        block = stub_lines[start:end]
        if name in spans:
            lines[slice(*spans[name])] = block
        else:
            lines += ["\n", "\n", *block]
    return "".join(lines)


def _spans(source: str) -> dict[str, tuple[int, int]]:
    """Where each top-level definition lies, decorators included: lines start (counted from 0) to end."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found[node.name] = (first - 1, node.end_lineno or node.lineno)
    return found


def _free_name(file: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = [f"{file.name}.{stamp}.bak", *(f"{file.name}.{stamp}-{number}.bak" for number in range(1, 100))]
    return next(path for path in map(file.with_name, names) if not path.exists())


def write(file: Path, content: bytes) -> None:
    """Write in one step, so that a kill or a full disk leaves the old file or the new one, and nothing else."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
