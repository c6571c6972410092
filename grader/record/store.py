"""What was tried and what came of it: attempts in SQLite, added and never changed.

Safe under `kill -9` (each run is one transaction) and under two graders at once (SQLite's locks). Whatever is wrong with
the file or its disk, grading goes on: then `NotRecorded` says why.
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

from grader.kata import catalogue, home
from grader.record.attempt import Attempt, attempt_of
from grader.record.reasons import reason

try:
    import sqlite3
except ImportError:  # a Python that was built without it
    sqlite3 = None  # type: ignore[assignment]

FOLDER = "KATA_FOLDER"  # in the environment: where progress lies, if not in the workspace
VERSION = 2  # of the table; in the file as its user_version
PATIENCE = 5.0  # seconds that one grader waits for another
_HURRY = 0.5  # seconds that somebody waits who also answers keys
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}) if sqlite3 else frozenset()
_WITHOUT = "this Python was built without sqlite3, in which progress lies. Grading goes on all the same."
_ALL = "at, id"  # the order of attempts


class NotRecorded(Exception):
    """AttemptLog cannot be written or read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with one exercise: `first_passed` is a time in UTC (ISO 8601), `best` a speed ratio.

    A pass counts as long as the last deeper look at the same source, if there was one, agreed.
    """

    attempts: int
    first_passed: str | None
    best: float | None
    last_status: str


_COLUMNS = [one.name for one in fields(Attempt)]
_TYPES = {
    "passed": "INTEGER",
    "line": "INTEGER",
    "seed": "INTEGER",
    "deeper": "INTEGER",
    "ratio": "REAL",
    "gate": "REAL",
}


class AttemptLog:
    """The attempts in one folder. `notices` are things that somebody should be told of once."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "progress.sqlite3"
        self.notices: list[str] = []
        self._patience = PATIENCE

    def in_a_hurry(self) -> AttemptLog:
        """The same record, for whoever may not be kept waiting: it gives up sooner when another grader holds it."""
        log = copy.copy(self)  # with the same notices
        log._patience = _HURRY
        return log

    def take_notices(self) -> list[str]:
        """The notices so far, which are then forgotten. From whichever thread: none is lost, none comes twice."""
        taken = []
        with suppress(IndexError):
            while True:
                taken.append(self.notices.pop(0))
        return taken

    def record(self, attempts: Sequence[Attempt]) -> int:
        """Add attempts, all or none; those that are there already are left as they are. Returns how many were new.

        Raises NotRecorded.
        """
        marks = ", ".join("?" * len(_COLUMNS))
        with self._open(writing=True) as connection:
            before = connection.total_changes
            connection.executemany(
                f"INSERT OR IGNORE INTO attempts ({', '.join(_COLUMNS)}) VALUES ({marks})",
                [astuple(attempt) for attempt in attempts],
            )
            return connection.total_changes - before

    def attempts(self) -> list[Attempt]:
        """All attempts, the oldest first. Raises NotRecorded."""
        if not self._exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM attempts ORDER BY {_ALL}"
            ).fetchall()
        return [attempt_of(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    def standings(self) -> dict[tuple[str, str], Standing]:
        """By day and exercise. Raises NotRecorded."""
        if not self._exists():
            return {}
        with self._open() as connection:
            rows = connection.execute(
                # Where there is a MAX(), SQLite takes the other columns from its row.
                "WITH looks AS (SELECT day, exercise, fingerprint, deeper AS agreed, MAX(at) FROM attempts"
                " WHERE deeper IS NOT NULL AND fingerprint <> '' GROUP BY day, exercise, fingerprint)"
                " SELECT day, exercise, COUNT(*), MIN(CASE WHEN passed AND COALESCE(agreed, 1) THEN at END),"
                " MAX(CASE WHEN passed AND COALESCE(agreed, 1) THEN ratio END),"
                " (SELECT status FROM attempts AS last WHERE last.day = attempts.day"
                f"  AND last.exercise = attempts.exercise ORDER BY {_ALL.replace(',', ' DESC,')} DESC LIMIT 1)"
                " FROM attempts LEFT JOIN looks USING (day, exercise, fingerprint) GROUP BY day, exercise"
            ).fetchall()
        return {(day, exercise): Standing(*rest) for day, exercise, *rest in rows}

    def last(self, day: str) -> dict[str, Attempt]:
        """The last attempt at each exercise of a day. Raises NotRecorded."""
        if not self._exists():
            return {}
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM attempts WHERE day = ? ORDER BY {_ALL}", (day,)
            ).fetchall()
        found = (attempt_of(dict(zip(_COLUMNS, row, strict=True))) for row in rows)
        return {attempt.exercise: attempt for attempt in found}

    def export(self) -> Iterator[str]:
        """All attempts as lines of JSON, in ASCII. Raises NotRecorded."""
        for attempt in self.attempts():
            yield json.dumps(asdict(attempt))

    def bring_in(self, lines: Iterable[str]) -> int:
        """Add exported attempts; returns how many were new. Raises ValueError, and adds nothing, when a line is none."""
        found = []
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    found.append(attempt_of(json.loads(line)))
                except (ValueError, TypeError, KeyError) as error:
                    raise ValueError(f"line {number} is no exported attempt ({error})") from error
        return self.record(found)

    def _exists(self) -> bool:
        """Whether anything is recorded. Raises NotRecorded where nothing can be."""
        if sqlite3 is None:
            raise NotRecorded(_WITHOUT)
        return self.file.exists()

    @contextmanager
    def _open(self, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction, which is kept when the block ends well and undone when it does not."""
        if sqlite3 is None:
            raise NotRecorded(_WITHOUT)
        try:
            if writing:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            try:
                connection = self._connect(writing=writing)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode not in _DAMAGED:
                    raise
                self._set_aside(error)
                connection = self._connect(writing=True)
            with closing(connection), connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise NotRecorded(reason(error, self.file, self._patience, FOLDER)) from error

    def _connect(self, *, writing: bool) -> sqlite3.Connection:
        # "rw" even for reading: what a killed grader left half written is undone by whoever comes next.
        mode = "rwc" if writing else "rw"
        connection = sqlite3.connect(
            f"{self.file.absolute().as_uri()}?mode={mode}", timeout=self._patience, uri=True
        )
        try:
            if writing:
                connection.execute("PRAGMA synchronous = FULL")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise NotRecorded(
                    f"{self.file} was written by a newer version of the kata. Update this one to go on recording."
                )
            if version < VERSION:
                self._create(connection)
            if writing:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if verdict != "ok":
                    damaged = sqlite3.DatabaseError(verdict)
                    damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                    raise damaged
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self, connection: sqlite3.Connection) -> None:
        columns = ", ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in _COLUMNS[:-1])
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"CREATE TABLE IF NOT EXISTS attempts ({columns}, id TEXT PRIMARY KEY)")
            known = {name for _, name, *_ in connection.execute("PRAGMA table_info(attempts)")}
            if "deeper" not in known:  # version 1
                connection.execute(f"ALTER TABLE attempts ADD COLUMN deeper {_TYPES['deeper']}")
            connection.execute("CREATE INDEX IF NOT EXISTS by_exercise ON attempts (day, exercise, at)")
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Give a damaged file another name, so that nothing of it is lost, and begin anew."""
        file = Path(os.path.realpath(self.file))  # a link stays, and leads to the new one
        aside = file.with_name(f"{file.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.sqlite3")
        with suppress(FileNotFoundError):  # another grader was quicker
            file.replace(aside)
            self.notices.append(
                f"The record of your progress was damaged ({error}). It lies aside as {aside}; a new one begins."
            )
        with suppress(FileNotFoundError):
            journal = file.with_name(f"{file.name}-journal")
            journal.replace(aside.with_name(f"{aside.name}-journal"))


def own() -> AttemptLog:
    """The record of whoever works here."""
    return AttemptLog(folder())


def folder() -> Path:
    """Where progress and compiled programs lie: with the workspace. Raises NoWorkspace as `home.find` does.

    Where there is none, an installed kata has a folder for them all the same, in which older versions kept progress.
    """
    return _folder_of(home.find() or catalogue.OWN)


def of(workspace: Path) -> AttemptLog:
    """The record of a workspace."""
    return AttemptLog(_folder_of(workspace))


def _folder_of(workspace: Path) -> Path:
    return Path(os.environ.get(FOLDER) or workspace / home.KEPT)
