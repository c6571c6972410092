"""`show`: the picture of what an exercise did, in the terminal or in a file."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, SOLUTIONS, TIMEOUT, YES, number_from, refuse, tell, tree_of
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
    if asked.save and asked.save.exists() and not asked.yes:
        return refuse(f"{asked.save} exists already; --yes writes over it")
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
    frame = _frame(found.picture, name, asked)
    if asked.save:
        _save(found.picture, frame, asked.save)
        return Exit.DONE
    from grader.report import show_picture

    begin = frame_to_begin_with(found.picture) if frame is None else frame
    show_picture(found.picture, begin, plain=asked.format == "plain")
    return Exit.DONE


def _judged(selection: Selection, tree: Path, asked: argparse.Namespace) -> RunResult:
    from grader.commands.warm import take_other_endings_for_ctrl_c, warm_workers

    take_other_endings_for_ctrl_c()
    with warm_workers(probe_first=False) as workers:
        from grader.judge import runner

        return runner.grade([selection], tree, workers, drawing_options([selection], asked.timeout))


def _frame(picture: Picture, name: str, asked: argparse.Namespace) -> int | None:
    """The frame that is asked for, counted from 0; None where none is. Raises WrongUsage when it is not there."""
    frames = len(picture.frames)
    if asked.frame is not None and asked.frame > frames:
        has = f"{frames} frames" if frames > 1 else "one frame"
        raise WrongUsage(f"the picture of {name} has {has}; there is no frame {asked.frame}")
    return None if asked.frame is None else asked.frame - 1


def _save(picture: Picture, frame: int | None, file: Path) -> None:
    """Write one frame, or several beside each other. Raises WrongUsage where there can be no such file."""
    from grader import figures
    from grader.kata import files

    drawn = (
        figures.png(picture, frame=frame)
        if _kind(file) == "png"
        else figures.svg(picture, frame=frame).encode()
    )
    try:
        files.write(file, drawn)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise WrongUsage(f"{file} cannot be made ({error.strerror}: {error.filename})") from error
    count = len(picture.frames)
    several = count > 1 and frame is None
    which = f", {min(count, figures.MOST_FRAMES)} of {count} frames," if several else ""
    print(f"the picture{which} written to {file}")


def _kind(file: Path) -> str:
    """`svg` or `png`."""
    return file.suffix.lower().removeprefix(".")


def _file_of_a_kind(text: str) -> Path:
    """Raises ValueError for a name that says neither kind."""
    if _kind(Path(text)) not in {"svg", "png"}:
        raise ValueError(text)
    return Path(text)


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
SAVE = CommandOption(
    ("--save",),
    "write it into a file instead, as SVG or PNG",
    read=_file_of_a_kind,
    takes="a file whose name ends with .svg or .png",
    metavar="FILE",
)
COMMAND = Command(
    "day02.life_step [--frame 3]",
    "draw what an exercise did",
    run,
    (FROM, SOLUTIONS, FRAME, SAVE, YES, TIMEOUT),
    formats=("rich", "plain"),
)
