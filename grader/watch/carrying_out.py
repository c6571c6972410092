"""Carries out effects: all that `watch` does outside of its model, but for the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from grader.kata import catalogue, workspace
from grader.kata.catalogue import Day
from grader.machine import editor
from grader.record import attempts
from grader.record.store import AttemptLog, NotRecorded
from grader.watch.effects import (
    DrawPicture,
    Effect,
    LookDeeper,
    OpenDay,
    OpenEditor,
    Quit,
    ReadFile,
    ReadStandings,
    ResetStub,
    ShowVersions,
    StartGrading,
    StopGrading,
    TryCase,
    WarmUp,
)
from grader.watch.events import (
    CaseTried,
    DayOpened,
    EditorOpened,
    Event,
    FileRead,
    StandingsRead,
    StubReset,
    VersionsShown,
)
from grader.watch.grading import Gradings, read
from grader.watch.terminal import Keys

_UNREADABLE = "progress cannot be read"


class Handlers:
    """`versions` gives the lines that show an exercise beside its reference. Nothing here waits, but for an editor."""

    def __init__(
        self,
        tree: Path,
        gradings: Gradings,
        log: AttemptLog | None,
        keys: Keys,
        versions: Callable[[Day, str], list[str]],
    ) -> None:
        self._tree, self._gradings, self._keys = tree, gradings, keys
        self._log = log.in_a_hurry() if log else None
        self._versions = versions
        # As they are now: to start a worker, the whole process has others for a moment.
        self._folder, self._environment = Path.cwd(), dict(os.environ)
        self._told_of_editors = False

    def carry_out(self, effect: Effect) -> Event | None:
        """Do it; what comes of it at once, as an event."""
        match effect:
            case OpenDay(day, focus):
                return self._open_day(day, focus)
            case ReadFile(day):
                return FileRead(day, read(day.file_in(self._tree)))
            case StartGrading():
                self._gradings.start(effect)
            case LookDeeper():
                self._gradings.look_deeper(effect)
            case DrawPicture():
                self._gradings.draw(effect)
            case StopGrading():
                self._gradings.stop()
            case WarmUp():
                self._gradings.warm_up(effect)
            case ShowVersions(day, name):
                return VersionsShown(self._versions(day, name))
            case ReadStandings():
                return self._read_standings()
            case ResetStub(day, name):
                return self._reset(day, name)
            case OpenEditor(file, line):
                return EditorOpened(self._edit(file, line))
            case TryCase(day, name):
                return CaseTried(self._try(day, name))
            case Quit():
                pass  # the loop's affair
        return None

    def texts(self) -> dict[str, str | None]:
        """The files of all days, as they are now."""
        return {day.key: read(day.file_in(self._tree)) for day in catalogue.days()}

    def _open_day(self, day: Day, focus: str) -> DayOpened:
        text, results, notices = read(day.file_in(self._tree)), {}, []
        if self._log and text is not None:
            try:
                results = attempts.still_valid(day, text, self._log)
            except NotRecorded as error:
                notices.append(f"{_UNREADABLE}: {error}")
            notices += self._log.take_notices()
        if self._keys.available and not self._told_of_editors:  # before somebody counts on it
            self._told_of_editors = True
            notices += self._unusable_editors()
        return DayOpened(day, text, results, focus, notices)

    def _read_standings(self) -> StandingsRead:
        if not self._log:
            return StandingsRead(frozenset())
        passed, notices = frozenset[tuple[str, str]](), []
        try:
            standings = self._log.standings()
            passed = frozenset(key for key, standing in standings.items() if standing.first_passed)
        except NotRecorded as error:
            notices.append(f"{_UNREADABLE}: {error}")
        return StandingsRead(passed, [*notices, *self._log.take_notices()])

    def _reset(self, day: Day, name: str) -> StubReset:
        try:
            outcome = workspace.reset(day, [day.exercise(name)], self._tree)
        except (ValueError, OSError) as error:
            return StubReset(problem=str(error))
        return StubReset(backup=outcome.backup)

    def _try(self, day: Day, name: str) -> str:
        """Open Python with the failing case, and wait until somebody leaves it. Returns what to say of it."""
        command = [sys.executable, "-m", "grader", "try", f"{day.key}.{name}", "--from", str(self._tree)]
        try:
            with self._keys.lent():
                ended = subprocess.run(command, check=False, cwd=self._folder, env=self._environment)
        except OSError as error:
            return f"Python could not be started: {error}"
        return (
            "" if ended.returncode == 0 else f"there was nothing to try: python -m grader try {name} says why"
        )

    def _edit(self, file: Path, line: int) -> str:
        """Open the editor, and wait for it if it takes the terminal. Returns what to say of it."""
        found = editor.find(self._environment)
        if found is None:
            return "no editor found: set VISUAL or EDITOR, as in `export EDITOR=nano`"
        command, quiet = found.open_at(file, line), subprocess.DEVNULL
        try:
            if found.takes_the_terminal:
                with self._keys.lent():
                    subprocess.run(command, check=False, cwd=self._folder, env=self._environment)
            else:
                subprocess.Popen(
                    command,
                    cwd=self._folder,
                    env=self._environment,
                    stdin=quiet,
                    stdout=quiet,
                    stderr=quiet,
                )
        except OSError as error:
            return f"{command[0]} could not be started: {error}"
        return ""

    def _unusable_editors(self) -> list[str]:
        """What $VISUAL and $EDITOR name in vain, and what is opened instead."""
        unusable, found = editor.absent(self._environment), editor.find(self._environment)
        instead = f"e opens {found.name}" if found else "set them anew for e, the key that opens an editor"
        return [f"{'; '.join(unusable)}: {instead}"] if unusable else []
