"""What several commands have in common: the tree that is meant, what the record says, a word on standard error."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import CommandOption, WrongUsage
from grader.kata import catalogue, home
from grader.options import CHECK_TIMEOUT
from grader.results import Exit

if TYPE_CHECKING:
    from grader.record.standing import Standings


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (seconds > 0 and math.isfinite(seconds)):
        raise ValueError(text)
    return seconds


FROM = CommandOption(
    ("--from",), "grade another tree shaped like exercises/", read=Path, takes="a folder", metavar="DIR"
)
FROM_NOTEBOOK = CommandOption(
    ("--from-notebook",),
    "take the answers out of a notebook: `notebook` into your file, grading as they are",
    read=Path,
    takes="a file",
    metavar="FILE.ipynb",
)
SOLUTIONS = CommandOption(("--solutions",), "grade the reference solutions")
TIMEOUT = CommandOption(
    ("--timeout",),
    f"for each check (default {CHECK_TIMEOUT:g})",
    read=_seconds,
    takes="a number of seconds above 0",
    metavar="SECONDS",
    default=CHECK_TIMEOUT,
)
YES = CommandOption(("-y", "--yes"), "do not ask, write over")


def number_from(least: int, text: str) -> int:
    """A whole number, not below the least. Raises ValueError."""
    number = int(text)
    if number < least:
        raise ValueError(text)
    return number


def tree_of(asked: argparse.Namespace, *, must_exist: bool = True) -> Path:
    """The tree of learner's files that is meant. Raises WrongUsage when it is not there, NoWorkspace where none is."""
    named: Path | None = getattr(asked, "from")
    solutions = getattr(asked, "solutions", False)
    if named and solutions:
        raise WrongUsage("--from and --solutions name two trees; a command takes one")
    tree = catalogue.SOLUTIONS if solutions else named or home.exercises()
    if must_exist and not tree.is_dir():
        raise WrongUsage(f"there is no folder {str(tree)!r}")
    return tree


def standings() -> Standings | None:
    """What the record says; None, and the reason on standard error, when it cannot be read."""
    from grader.record import store

    keeper = store.own()
    try:
        return keeper.standings()
    except store.NotRecorded as error:
        tell([f"your progress cannot be read: {error}"])
        return None
    finally:
        tell(keeper.notices)


def need_a_record() -> None:
    """Raises NoWorkspace where nobody's progress lies, nor has a place."""
    from grader.record import store

    if not (os.environ.get(store.FOLDER) or store.own().file.exists()):
        home.needed()


def agreed(question: str) -> bool:
    """Ask on standard error, so that it is seen where the output goes into a file. No answer is a no."""
    try:
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline() if sys.stdin else ""
    except KeyboardInterrupt:
        answer = ""
    if not answer.endswith("\n"):
        print(file=sys.stderr)
    return answer.strip().casefold() in {"y", "yes"}


def tell(notices: Sequence[str]) -> None:
    """Say something that is no part of the answer."""
    for notice in notices:
        print(f"grader: {notice}", file=sys.stderr)


def refuse(message: str) -> Exit:
    """Say why nothing, or not all, was done."""
    tell([message])
    return Exit.UNDONE
