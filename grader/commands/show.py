"""`show`: the picture of what an exercise did."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, SOLUTIONS, TIMEOUT, number_from, refuse, tell, tree_of
from grader.commands.grade import drawing_options
from grader.kata import catalogue
from grader.pictures import OUR_OWN_FAULT, Picture, frame_to_begin_with
from grader.results import Exit

if TYPE_CHECKING:
    from grader.kata.catalogue import Selection
    from grader.results import RunResult


def run(asked: argparse.Namespace) -> int:
    """Judge the exercise without its timings, and show the picture that comes of it. Nothing is recorded."""
    selections, tree = catalogue.select(asked.words), tree_of(asked)
    if len(selections) != 1 or len(selections[0].exercises) != 1:
        raise WrongUsage("show takes one exercise, such as day02.life_step")
    (selection,) = selections
    (exercise,) = selection.exercises
    if not selection.day.file_in(tree).is_file():
        return refuse(f"there is no {selection.day.file_in(tree)}")
    from grader.machine import faults

    refused, notice = faults.unsupported_jax()
    if refused:
        tell([refused])
        return Exit.FAULT
    tell([notice] if notice else [])
    result = _judged(selection, tree, asked)
    if result.interrupted:
        return Exit.INTERRUPTED
    name = f"{selection.day.key}.{exercise.name}"
    found = result.days[0].exercises[0]
    if found.picture is None:
        return refuse(f"there is no picture of {name}: {_why(found.not_drawn, result, asked)}")
    _show(found.picture, name, asked)
    return Exit.DONE


def _judged(selection: Selection, tree: Path, asked: argparse.Namespace) -> RunResult:
    from grader.commands.warm import take_other_endings_for_ctrl_c, warm_workers

    take_other_endings_for_ctrl_c()
    with warm_workers(probe_first=False) as workers:
        from grader.judge import runner

        return runner.grade([selection], tree, workers, drawing_options([selection], asked.timeout))


def _show(picture: Picture, name: str, asked: argparse.Namespace) -> None:
    from grader.report import show_picture

    frames = len(picture.frames)
    if asked.frame is not None and asked.frame > frames:
        has = f"{frames} frames" if frames > 1 else "one frame"
        raise WrongUsage(f"the picture of {name} has {has}; there is no frame {asked.frame}")
    frame = frame_to_begin_with(picture) if asked.frame is None else asked.frame - 1
    show_picture(picture, frame, plain=asked.format == "plain")


def _why(trouble: str, result: RunResult, asked: argparse.Namespace) -> str:
    """Why nothing was drawn, in a line; a traceback of ours only for somebody who asks for it."""
    tracebacks = [*result.faults, *([trouble] if "\n" in trouble else [])]
    if not tracebacks:
        return trouble or "nothing was drawn"
    if asked.verbose:
        print("\n".join(tracebacks), file=sys.stderr)
    return OUR_OWN_FAULT


FRAME = CommandOption(
    ("--frame",),
    "the frame that is shown (the first that differs)",
    read=partial(number_from, 1),
    takes="a number from 1 on",
    metavar="N",
)
COMMAND = Command(
    "day02.life_step [--frame 3]",
    "draw what an exercise did",
    run,
    (FROM, SOLUTIONS, FRAME, TIMEOUT),
    formats=("rich", "plain"),
)
