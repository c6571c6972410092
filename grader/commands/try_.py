"""`try`: Python with the failing case of an exercise loaded."""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, number_from, refuse, tree_of
from grader.kata import catalogue, home

if TYPE_CHECKING:
    from pathlib import Path


def run(asked: argparse.Namespace) -> int:
    """Start it in a process of its own, which has the terminal until somebody leaves it."""
    selections = catalogue.select(asked.words)
    if len(selections) != 1 or len(selections[0].exercises) != 1:
        raise WrongUsage("try takes one exercise, such as day01.softmax")
    (selection,) = selections
    (exercise,) = selection.exercises
    tree = tree_of(asked).resolve()
    file = selection.day.file_in(tree)
    if not file.is_file():
        return refuse(f"there is no {file}")
    from grader.machine import faults

    refused, _ = faults.unsupported_jax()
    if refused:
        return refuse(refused)
    seed = _last_seed(selection.day, exercise.name, tree) if asked.seed is None else asked.seed
    day = selection.day
    checks = f"grader.days.{day.folder}.{exercise.name}.checks"
    words = [str(file), str(day.solution), checks, exercise.name, str(seed)]
    command = [sys.executable, "-m", "grader.worker.failing_case", *words]
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # meant for what runs there
            continue


def _last_seed(day: catalogue.Day, exercise: str, tree: Path) -> int:
    """The seed with which the exercise was last judged, so that the case is the one that was told."""
    from grader.record import store

    if not home.is_own(tree):
        return 0
    try:
        last = store.own().last(day.key).get(exercise)
    except store.NotRecorded:
        return 0
    return last.seed if last else 0


SEED = CommandOption(
    ("--seed",),
    "of the random inputs (that of the last grading)",
    read=partial(number_from, 0),
    takes="a number from 0 on",
    metavar="SEED",
)
COMMAND = Command("day01.softmax", "Python, with the failing case loaded", run, (FROM, SEED))
