"""`reset`: bring stubs back, after a yes; the learner's file is kept."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from grader.commands.command import Command, WrongUsage
from grader.commands.common import FROM, YES, agreed, refuse, tree_of
from grader.kata import catalogue, workspace
from grader.kata.catalogue import Selection
from grader.report.text import shown_path
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Bring them back, or leave everything as it is."""
    if not asked.words:
        raise WrongUsage("reset takes a day or an exercise, such as day01.softmax")
    selections, tree = catalogue.select(asked.words), tree_of(asked)
    try:
        planned = [workspace.preview(one.day, one.exercises, tree) for one in selections]
        if not asked.yes and not _agreed(selections, planned):
            return refuse("nothing was changed")
        for selection, plan in zip(selections, planned, strict=True):
            outcome = workspace.reset(selection.day, selection.exercises, tree, plan.backup)
            print(f"{shown_path(outcome.file)}: {'stub brought back' if outcome.backup else outcome.action}")
            if outcome.backup:
                print(f"your file as it was: {shown_path(outcome.backup)}")
    except ValueError as error:
        raise WrongUsage(str(error)) from error
    return Exit.DONE


def _agreed(selections: Sequence[Selection], planned: Sequence[workspace.Outcome]) -> bool:
    """Ask whether the files that somebody changed may be replaced. No question where there are none."""
    pairs = [(one, plan.backup) for one, plan in zip(selections, planned, strict=True) if plan.backup]
    if not pairs:
        return True
    names = ", ".join(name for selection, _ in pairs for name in _names(selection))
    kept = ", ".join(shown_path(backup) for _, backup in pairs)
    stubs, files = ("stub", "file is") if len(pairs) == 1 else ("stubs", "files are")
    return agreed(f"Bring back the {stubs} of {names}? Your {files} kept as {kept}")


def _names(selection: Selection) -> list[str]:
    if len(selection.exercises) == len(selection.day.exercises):
        return [selection.day.key]
    return [f"{selection.day.key}.{exercise.name}" for exercise in selection.exercises]


COMMAND = Command("day01[.softmax] [--yes]", "bring stubs back; your file is kept", run, (FROM, YES))
