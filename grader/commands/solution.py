"""`solution`: the reference beside one's own, for exercises that are passed; for others only when that is insisted on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, refuse, standings, tree_of
from grader.kata import catalogue, home
from grader.report.text import shown_path
from grader.results import Exit

if TYPE_CHECKING:
    from grader.report.versions import Version


def run(asked: argparse.Namespace) -> int:
    """Show what is open, and say what is still closed."""
    if not asked.words:
        raise WrongUsage("solution takes an exercise, such as day01.softmax")
    selections, tree = catalogue.select(asked.words), _tree(asked)
    closed: list[str] = []
    if not asked.reveal:
        from grader.record import standing

        entries = standing.entries(selections, standings() or {})
        closed = [entry.selector for entry in entries if not entry.passed]
    opened = [
        (selection.day, exercise.name)
        for selection in selections
        for exercise in selection.exercises
        if f"{selection.day.key}.{exercise.name}" not in closed
    ]
    if opened:
        from grader.report import versions

        console = versions.console_for(asked.format)
        for day, name in opened:
            yours, reference = versions_of(day, name, tree)
            versions.show(console, f"{day.key}.{name}", yours, reference, ascii=asked.format == "plain")
    if not closed:
        return Exit.DONE
    which = closed[0] if len(closed) == 1 else f"{len(closed)} of these exercises"
    waits = "its solution waits" if len(closed) == 1 else "their solutions wait"
    return refuse(
        f"you have not passed {which} yet; {waits} for you.\n"
        f"A hint instead: python -m grader hint {closed[0]}\n"
        f"To see it all the same: python -m grader solution {' '.join(asked.words)} --reveal"
    )


def _tree(asked: argparse.Namespace) -> Path | None:
    """The tree that is meant; None where there is none, since the reference is there all the same."""
    if getattr(asked, "from") or home.find():
        return tree_of(asked)
    return None


def versions_of(day: catalogue.Day, name: str, tree: Path | None) -> tuple[Version, Version]:
    """An exercise as it stands in a tree, and the reference."""
    from grader.report.versions import Version

    none_here = Version("yours", "", note="There is no kata of yours here.")
    yours = _version("yours", day.file_in(tree), name) if tree else none_here
    return yours, _version("reference", day.solution, name)


def _version(whose: str, file: Path, name: str) -> Version:
    """One definition of a file; a note where there is none to show."""
    from grader.report.versions import Version
    from grader.source.excerpts import excerpt, signature_lines

    shown = shown_path(file)
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
        lines, signature = excerpt(text, name), signature_lines(text, name)
    except SyntaxError as error:
        where = f"line {error.lineno} of it is no Python" if error.lineno else "it is no Python"
        return Version(whose, shown, note=f"{shown} cannot be taken apart: {where}.")
    except OSError as error:
        return Version(whose, shown, note=f"{shown} cannot be read ({error.strerror}).")
    if lines is None:
        return Version(whose, shown, note=f"{shown} holds no {name}.")
    return Version(whose, shown, lines, signature=signature)


REVEAL = CommandOption(("--reveal",), "show it before you have passed")
COMMAND = Command(
    "day01.softmax [--reveal]",
    "beside yours, once you have passed",
    run,
    (FROM, REVEAL),
    formats=("rich", "plain"),
)
