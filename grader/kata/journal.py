"""Several files of a workspace changed as one: finished after a kill, and taken back when somebody asks for it.

Before the first file is touched, `.kata/updates/NNNN` holds them all as they were and as they will be, and a manifest.
Each file is written in one step, so that at any moment it is the old one or the new one; whoever comes next finishes.
A file that is neither has been edited since, and is never lost.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from grader.kata import home
from grader.kata.files import clear_away, free_name, write

try:
    import fcntl
except ImportError:  # where there is no such thing, nobody waits for anybody
    fcntl = None  # type: ignore[assignment]

_UPDATES = f"{home.KEPT}/updates"
_LOCK = f"{home.KEPT}/update.lock"
_MANIFEST = "manifest.json"
State = Literal["begun", "done", "undoing", "undone"]


class Busy(Exception):
    """Another update is at work in this workspace."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file, below the workspace with `/` in its path; None is a file that is not there."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The changes of one update. `folder` is the workspace, `own` where the journal itself lies."""

    folder: Path
    own: Path
    state: State
    versions: tuple[str, str]  # of the kata: from which, to which
    changes: tuple[Change, ...]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One update at a time. The lock ends with the process, however that ends. Raises Busy, or OSError."""
    file = folder / _LOCK
    file.parent.mkdir(exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if fcntl:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            except OSError:
                pass  # a file system without locks
        yield
    finally:
        os.close(descriptor)


def begin(folder: Path, versions: tuple[str, str], changes: Sequence[Change]) -> Journal:
    """Write down what is about to be done. Nothing of the workspace is touched yet. Raises OSError."""
    updates = folder / _UPDATES
    updates.mkdir(parents=True, exist_ok=True)
    _clear_away(updates)
    numbers = [int(one.name) for one in updates.iterdir() if one.name.isdigit()]
    own = updates / f"{max(numbers, default=0) + 1:04}"
    making = own.with_name(f"{own.name}.new")
    try:
        for number, change in enumerate(changes):
            for when, content in (("before", change.before), ("after", change.after)):
                if content is not None:
                    write(making / f"{number}.{when}", content)
        journal = Journal(folder, making, "begun", versions, tuple(changes))
        _write_manifest(journal)
        os.replace(making, own)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return replace(journal, own=own)


def _clear_away(updates: Path) -> None:
    """Journals that were never finished, by a killed update that had touched nothing."""
    for unfinished in updates.glob("[0-9]*.new"):
        shutil.rmtree(unfinished, ignore_errors=True)


def broken_off(folder: Path) -> Journal | None:
    """The update, or its taking back, that somebody killed. Raises ValueError where its journal is damaged."""
    last = next(_journals(folder), None)
    return last if last and last.state in {"begun", "undoing"} else None


def last_done(folder: Path) -> Journal | None:
    """The update that can be taken back. Raises ValueError where its journal is damaged."""
    return next((one for one in _journals(folder) if one.state != "undone"), None)


def carry_out(journal: Journal) -> list[str]:
    """Change the files, also those that are left from an earlier try; the paths of those edited since, which are left alone.

    The last change is the workspace's own record: it is made when all the others are. Raises OSError; then it can be
    carried out again.
    """
    edited: list[str] = []
    for change in journal.changes:
        clear_away(journal.folder / change.path)
        now = read(journal.folder / change.path)
        if now == change.after or (edited and change.path == home.MARKER):
            continue
        if now == change.before:
            put(journal.folder / change.path, change.after)
        else:
            edited.append(change.path)
    _write_manifest(replace(journal, state="done"))
    return edited


def take_back(journal: Journal) -> list[tuple[Path, Path]]:
    """Make the files what they were. Those edited since are kept beside: pairs of the file and what it is called now.

    Raises OSError; then it can be taken back again.
    """
    _write_manifest(replace(journal, state="undoing"))
    kept = []
    for change in reversed(journal.changes):
        file = journal.folder / change.path
        clear_away(file)
        now = read(file)
        if now == change.before:
            continue
        if now != change.after and now is not None and change.path != home.MARKER:
            beside = free_name(file)
            write(beside, now)
            kept.append((file, beside))
        put(file, change.before)
    _write_manifest(replace(journal, state="undone"))
    return kept


def read(file: Path) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def put(file: Path, content: bytes | None) -> None:
    """Write a file in one step, or take it away, with its folder where that is empty then."""
    if content is not None:
        write(file, content)
        return
    file.unlink(missing_ok=True)
    with suppress(OSError):
        file.parent.rmdir()


def _journals(folder: Path) -> Iterator[Journal]:
    """Those of a workspace, the newest first."""
    with suppress(FileNotFoundError):
        for own in sorted((folder / _UPDATES).iterdir(), reverse=True):
            if own.name.isdigit():
                yield _load(folder, own)


def _load(folder: Path, own: Path) -> Journal:
    try:
        document = json.loads((own / _MANIFEST).read_bytes())
        changes = [
            Change(
                path,
                (own / f"{number}.before").read_bytes() if before else None,
                (own / f"{number}.after").read_bytes() if after else None,
            )
            for number, (path, before, after) in enumerate(document["changes"])
        ]
        earlier, later = document["versions"]
        return Journal(folder, own, document["state"], (earlier, later), tuple(changes))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"the journal of an update is damaged: {own}") from error


def _write_manifest(journal: Journal) -> None:
    changes = [(one.path, one.before is not None, one.after is not None) for one in journal.changes]
    document = {"state": journal.state, "versions": journal.versions, "changes": changes}
    write(journal.own / _MANIFEST, (json.dumps(document, indent=1) + "\n").encode())
