"""`hint`: the first stages of the hints of what is selected."""

from __future__ import annotations

import argparse

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.kata import catalogue, hints
from grader.report.plain import standard_output
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Print them, and how to ask for more."""
    if not asked.words:
        raise WrongUsage("hint takes an exercise, such as day01.softmax")
    sheet, level = standard_output(asked.format), asked.level
    for selection in catalogue.select(asked.words):
        for exercise in selection.exercises:
            stages = hints.read(selection.day.hints_of(exercise.name))
            print(sheet.wrapped(f"{selection.day.key}.{exercise.name}: {exercise.summary}") + "\n")
            for number, stage in enumerate(stages[:level], start=1):
                words = sheet.text(hints.wrapped(stage, min(sheet.width, 80) - 1))
                print(f"hint {number} of {len(stages)}\n{words}\n")
            if level < len(stages):
                more = f"python -m grader hint {selection.day.key}.{exercise.name} --level {level + 1}"
                print(f"More: {more}\n")
    return Exit.DONE


def _level(text: str) -> int:
    if text not in {"1", "2", "3"}:
        raise ValueError(text)
    return int(text)


LEVEL = CommandOption(
    ("--level",),
    "how much it says (default 1)",
    read=_level,
    takes="1, 2 or 3",
    metavar="{1,2,3}",
    default=1,
)
COMMAND = Command("day01.softmax [--level 2]", "a hint", run, (LEVEL,), formats=("rich", "plain"))
