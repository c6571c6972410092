"""`start`: make a folder of one's own, with stubs and lessons."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from grader.commands.command import Command, WrongUsage
from grader.commands.common import refuse, tell
from grader.kata import catalogue
from grader.report.text import printable, shown_path
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Make it, and say what comes next."""
    from grader.kata import shipped, starting

    if len(asked.words) != 1:
        raise WrongUsage("start takes the name of a folder, such as my-kata")
    folder = Path(asked.words[0])
    days = catalogue.days()
    try:
        starting.start(folder, days)
    except starting.NotStarted as error:
        return refuse(printable(str(error)))
    exercises = sum(len(day.exercises) for day in days)
    print(printable(f"{folder} is made: {len(days)} days, {exercises} exercises. Now:\n"))
    lesson = Path(shipped.stub_path(days[0])).with_name(shipped.LESSON)
    steps = {
        f"cd {folder}": "",
        "python -m grader day01": "grades your first day",
        str(lesson): "is its lesson, ten minutes",
    }
    if folder.absolute() == Path.cwd():
        del steps[f"cd {folder}"]
    width = max(map(len, steps))
    for step, what in steps.items():
        print(printable(f"  {step:<{width}}  {what}").rstrip())
    _tell_of_older_progress()
    return Exit.DONE


def _tell_of_older_progress() -> None:
    """An installed kata kept progress in the home folder before there were workspaces."""
    from grader.record.store import FOLDER, AttemptLog

    older = AttemptLog(catalogue.OWN / ".kata").file
    if catalogue.INSTALLED and not os.environ.get(FOLDER) and older.exists():
        tell(
            [
                f"progress from before lies in {shown_path(older.parent)}. To take it along: "
                f"{FOLDER}={older.parent} python -m grader export old.jsonl, "
                "then in your kata python -m grader import old.jsonl"
            ]
        )


COMMAND = Command("my-kata", "make a folder of your own to work in", run)
