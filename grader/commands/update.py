"""`update`: bring new stubs and lessons into the workspace; what somebody wrote stays. Or take the last update back."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader import __version__
from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import refuse, tell
from grader.kata import catalogue, home
from grader.report.text import printable, shown_path
from grader.results import Exit

if TYPE_CHECKING:
    from grader.kata.journal import Journal
    from grader.kata.originals import Originals
    from grader.kata.updating import DayPlan, Plan

_LONGEST = 24  # lines of a stub's difference


def run(asked: argparse.Namespace) -> int:
    """Do it, show what would be done, or take back what was done."""
    if len(asked.words) > 1:
        raise WrongUsage("update takes one folder, or none for the kata that you are in")
    if asked.undo and asked.dry_run:
        raise WrongUsage("--undo and --dry-run do not go together")
    from grader.kata import journal, originals

    folder = _folder(asked.words)
    try:
        if asked.dry_run:
            return _show_plan(folder)
        with journal.locked(folder):
            return _undo(folder) if asked.undo else _update(folder)
    except journal.Busy:
        return refuse("another update is at work there; nothing was changed")
    except (originals.NewerFormat, _NotNow) as error:
        return refuse(printable(str(error)))
    except (OSError, KeyboardInterrupt):
        if _broken_off(folder):
            tell(
                [
                    "broken off in the middle. Every file is the old or the new one: "
                    "`python -m grader update` finishes it, `python -m grader update --undo` takes it back"
                ]
            )
        raise


class _NotNow(Exception):
    """An update would do harm; the text says why, and what to do."""


def _folder(words: list[str]) -> Path:
    """The workspace that is meant. Raises NoWorkspace."""
    if not words:
        return home.needed()
    folder = Path(os.path.abspath(words[0]))
    if home.is_workspace(folder) or (folder / home.EXERCISES).is_dir():
        return folder
    raise home.NoWorkspace(
        f"there is no kata in {words[0]}: update takes the folder that holds {home.EXERCISES}/, "
        "and `python -m grader start my-kata` makes one"
    )


# ---- forwards


def _show_plan(folder: Path) -> Exit:
    from grader.kata import updating

    if _broken_off(folder):
        tell(["an update was broken off here; the next one finishes it first"])
    record, damaged = _record(folder)
    if damaged:
        tell([f"{damaged}; an update keeps it under another name"])
    found = updating.plan(folder, catalogue.days(), record)
    _say(found)
    if _visible(found):
        print("\nNothing was written: this is what `python -m grader update` would do.")
    return Exit.DONE


def _update(folder: Path) -> Exit:
    from grader.kata import journal, updating

    _finish(folder)
    record, damaged = _record(folder)
    if damaged:
        aside = updating.set_aside_damaged(folder)
        tell([f"{damaged}; as it was: {shown_path(aside)}. Untouched stubs are known by their looks."])
    found = updating.plan(folder, catalogue.days(), record)
    updating.write_originals(found)
    if _visible(found):
        begun = journal.begin(folder, (record.kata, __version__), found.changes)
        edited = journal.carry_out(begun)
    else:
        edited = []
        for change in found.changes:  # the record alone, which nobody has to take back
            journal.put(folder / change.path, change.after)
    _say(found)
    for path in edited:
        tell([f"{_shown(folder, path)} was saved meanwhile, and is left as it is: update once more"])
    if _visible(found):
        print("\nIt can be taken back: python -m grader update --undo")
        print(f"The files as they were lie in {shown_path(begun.own)}")
    return Exit.UNDONE if found.left_undone or edited else Exit.DONE


def _finish(folder: Path) -> None:
    """Finish what was broken off."""
    from grader.kata import journal

    unfinished = _broken_off(folder)
    if unfinished is None:
        return
    if unfinished.state == "undoing":
        _say_kept(journal.take_back(unfinished))
        print("The taking back that was broken off is finished.")
        return
    for path in journal.carry_out(unfinished):
        print(f"{_shown(folder, path)}: edited since the update was broken off, so it is looked at anew")
    print("The update that was broken off is finished.")


def _record(folder: Path) -> tuple[Originals, str]:
    """What earlier updates brought, and why that cannot be read, if it cannot."""
    from grader.kata import originals

    try:
        record = originals.read(folder)
        if originals.is_newer(record.kata, __version__):
            raise _NotNow(
                f"the exercises are those of jax-kata {record.kata}, and this is the older {__version__}: "
                "install the newer one, or go back with `python -m grader update --undo`"
            )
        return record, ""
    except ValueError as error:
        marker = shown_path(folder / home.MARKER)
        return originals.Originals(), f"{marker} is damaged ({error})"


# ---- backwards


def _undo(folder: Path) -> Exit:
    from grader.kata import journal

    try:
        last = journal.last_done(folder)
    except ValueError as error:
        raise _NotNow(f"{error}; nothing was changed") from error
    if last is None:
        return refuse("there is no update to take back")
    _say_kept(journal.take_back(last))
    files = sum(change.path != home.MARKER for change in last.changes)
    print(f"The update{_versions(last.versions)} is taken back: {_count(files, 'file')} as before.")
    return Exit.DONE


def _broken_off(folder: Path) -> Journal | None:
    from grader.kata import journal

    try:
        return journal.broken_off(folder)
    except ValueError as error:
        raise _NotNow(f"{error}. Move that folder away, then update again.") from error


def _say_kept(kept: list[tuple[Path, Path]]) -> None:
    for file, beside in kept:
        print(f"{shown_path(file)} was edited since; as it was: {shown_path(beside)}")


# ---- what is said


def _visible(found: Plan) -> bool:
    """Whether any file changes but the record."""
    return any(change.path != home.MARKER for change in found.changes)


def _say(found: Plan) -> None:
    passed, lines = _passed(found.folder), 0
    for line in _lines(found, passed):
        lines += 1
        print(printable(line))
    if not lines:
        print(f"Nothing to do: the exercises are those of jax-kata {__version__} already.")


def _lines(found: Plan, passed: set[str]) -> Iterator[str]:
    if _visible(found):
        yield f"The exercises{_versions((found.before.kata, __version__))}"
    for one in found.days:
        yield from _lines_of_day(one, _shown(found.folder, one.path), passed)
    if found.lessons:
        names = [path for path in found.lessons if path.endswith(".md")]
        pictures = len(found.lessons) - len(names)
        what = [_count(len(names), "lesson")] if names else []
        yield f"new: {' and '.join([*what, *([_count(pictures, 'picture')] if pictures else [])])}"
    for path, place in found.beside.items():
        why = "since you changed it" if path in found.before.hashes else "since you may have written in it"
        yield f"{_shown(found.folder, path)} stays, {why}; the new one: {_shown(found.folder, place)}"
    for path in found.gone:
        yield f"{_shown(found.folder, path)} is no part of the kata any more; your file stays"
    if found.guessed:
        files = _count(len(found.guessed), "file")
        yield f"Of {files} nobody knows what they were when you began: a stub that looks untouched was taken for one."


def _lines_of_day(one: DayPlan, shown: str, passed: set[str]) -> Iterator[str]:
    merged, key = one.merged, one.day.key
    if merged.left:
        yield f"{shown} is left as it is: {merged.left}"
        return
    done = [_count(len(merged.added), "new exercise") + _names(merged.added)] if merged.added else []
    if one.is_new:
        done = [f"written, {_count(len(merged.added), 'exercise')}"]
    done += [_count(len(merged.replaced), "new stub") + _names(merged.replaced)] if merged.replaced else []
    done += [f"gone with their untouched stubs{_names(merged.removed)}"] if merged.removed else []
    done += [f"added {'; '.join(merged.imports)}"] if merged.imports else []
    if merged.content is not None and not done:
        done = ["a new head"]
    if done:
        yield f"{shown}: {'; '.join(done)}"
    for change in merged.changed:
        selector = f"{key}.{change.name}"
        which = " (passed)" if selector in passed else ""
        yield f"{selector}{which}: your code stays; its stub has changed:"
        yield from (f"    {line}".rstrip() for line in change.diff[:_LONGEST])
        if len(change.diff) > _LONGEST:
            yield f"    ... and {len(change.diff) - _LONGEST} lines more"
    for name in merged.gone:
        yield f"{key}.{name} is no part of the kata any more; your code stays in {shown}"
    for name in merged.deleted:
        yield f"{key}.{name} is not in your file; `python -m grader reset {key}.{name}` brings its stub"
    for name in merged.broken:
        yield f"{key}.{name} is left as it is: there {shown} is no Python. Mend it, and update again"
    for line in merged.clashes:
        yield f"{shown}: the new stubs need `{line}`, but that name means something else there"


def _passed(folder: Path) -> set[str]:
    """The exercises that somebody has passed; none where that cannot be known."""
    from grader.record import standing, store

    try:
        standings = store.of(folder).standings()
    except store.NotRecorded:
        return set()
    entries = standing.entries(catalogue.select(["all"]), standings)
    return {entry.selector for entry in entries if entry.passed}


def _shown(folder: Path, path: str) -> str:
    return shown_path(folder / path)


def _versions(versions: tuple[str, str]) -> str:
    """`: jax-kata 0.1.0 -> 0.2.0`, as far as it is known."""
    earlier, later = versions
    if earlier == later:
        return f": jax-kata {later}"
    return f": jax-kata {earlier or 'of old'} -> {later}"


def _names(names: tuple[str, ...]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


DRY_RUN = CommandOption(("--dry-run",), "show what would be done")
UNDO = CommandOption(("--undo",), "take the last update back")
COMMAND = Command(
    "[DIR] [--dry-run | --undo]", "bring new stubs and lessons; your code stays", run, (DRY_RUN, UNDO)
)
