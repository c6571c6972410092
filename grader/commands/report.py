"""`report`: progress, bests, verdicts, pictures and code in one HTML file, for oneself, for a teacher, or for paper."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, SOLUTIONS, TIMEOUT, YES, refuse, standings, tell, tree_of
from grader.kata import catalogue, home
from grader.results import Exit

if TYPE_CHECKING:
    from grader.html.one_file import About
    from grader.kata.catalogue import Selection
    from grader.results import RunResult


def run(asked: argparse.Namespace) -> int:
    """Judge, and write the file. Nothing is recorded."""
    selections, tree, file = catalogue.select([asked.day or "all"]), tree_of(asked), asked.output
    if any(len(one.exercises) < len(one.day.exercises) for one in selections):
        raise WrongUsage(f"--day takes a day, such as {selections[0].day.key}, not one exercise")
    _refuse_a_place_for_no_file(file)
    if file.exists() and not asked.yes:
        return refuse(f"{file} exists already; --yes writes over it")
    files = [selection.day.file_in(tree) for selection in selections]
    if not any(one.exists() for one in files):
        raise WrongUsage(f"{tree} holds no {files[0].relative_to(tree)}; a report is made of such files")
    from grader.machine import faults

    refused, notice = faults.unsupported_jax()
    if refused:
        tell([refused])
        return Exit.FAULT
    tell([notice] if notice else [])
    result = _judged(selections, tree, asked)
    if result.interrupted:
        tell(["broken off; no report is written"])
        return Exit.INTERRUPTED
    troubles = [*result.faults, *_write(result, selections, tree, asked)]
    print(f"the report is written to {file}")
    if troubles:
        tell(["not all of it could be made, which is the grader's own fault; --verbose tells more"])
        if asked.verbose:
            print("\n".join(troubles), file=sys.stderr)
    return Exit.FAULT if troubles else Exit.DONE


def _refuse_a_place_for_no_file(file: Path) -> None:
    """Before a minute of judging. Raises WrongUsage for a name that no file can have, PermissionError for a closed folder."""
    if file.is_dir():
        raise WrongUsage(f"{file} is a folder; -o takes a file")
    folder = next(one for one in file.absolute().parents if one.exists())
    if not folder.is_dir():
        raise WrongUsage(f"{file} cannot be made: {folder} is no folder")
    plain = not file.exists() or file.is_file()  # what is neither, such as a device, is not replaced
    if plain and not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied", str(file))


def _judged(selections: Sequence[Selection], tree: Path, asked: argparse.Namespace) -> RunResult:
    from grader.commands.grade import drawing_options
    from grader.commands.warm import take_other_endings_for_ctrl_c, warm_workers

    take_other_endings_for_ctrl_c()
    with warm_workers(probe_first=False) as workers:
        from grader.judge import runner
        from grader.report import Report

        options = drawing_options(selections, asked.timeout)
        compared = frozenset() if asked.solutions else options.pictures
        with Report(asked.format) as screen:
            listeners = runner.Listeners(progress=screen.progress)
            return runner.grade(selections, tree, workers, replace(options, compare=compared), listeners)


def _write(
    result: RunResult, selections: Sequence[Selection], tree: Path, asked: argparse.Namespace
) -> list[str]:
    """Put the file in its place in one step. Returns what of our own went wrong."""
    from grader.html import one_file
    from grader.kata import files
    from grader.report import Report

    with Report(asked.format) as screen:
        done = 0

        def put_in(selector: str) -> None:
            nonlocal done
            done += 1
            day, _, name = selector.partition(".")
            screen.progress(_Step(day, name, done, total))

        total = sum(len(day.exercises) for day in result.days)
        text, troubles = one_file.report(result, _about(result, selections, tree, asked), put_in)
    try:
        files.write(asked.output, text.encode("utf-8", "replace"))
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise WrongUsage(f"{asked.output} cannot be made ({error.strerror}: {error.filename})") from error
    return troubles


def _about(
    result: RunResult, selections: Sequence[Selection], tree: Path, asked: argparse.Namespace
) -> About:
    """What it says of its making; progress by the record for the learner's own files, and by the verdicts for others."""
    from grader.html.one_file import About, judged_now
    from grader.record import standing

    own = home.is_own(tree)
    known = standings() if own else None
    entries = judged_now(result) if known is None else standing.entries(selections, known)
    made = time.strftime("%Y-%m-%d")
    return About(tree, made, entries, recorded=known is not None, reference=asked.solutions)


@dataclass(frozen=True, slots=True)
class _Step:
    """An exercise that is being put into the report."""

    day: str
    exercise: str
    done: int
    total: int
    check: str = "being drawn"


OUTPUT = CommandOption(
    ("-o", "--output"),
    "the file that is written (kata.html)",
    read=Path,
    takes="a file",
    metavar="FILE",
    default=Path("kata.html"),
)
DAY = CommandOption(("--day",), "this day alone", read=str, takes="a day", metavar="DAY")
COMMAND = Command(
    "-o kata.html [--day day12]",
    "all of it in one HTML file",
    run,
    (OUTPUT, DAY, FROM, SOLUTIONS, YES, TIMEOUT),
    formats=("rich", "plain"),
    words=False,
)
