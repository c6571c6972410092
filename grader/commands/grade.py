"""Without a command's name: grade what is selected, show the verdicts, record them if the tree is the learner's own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands.command import VERBOSE, Command, CommandOption, WrongUsage
from grader.commands.common import FROM, FROM_NOTEBOOK, SOLUTIONS, TIMEOUT, number_from, tell, tree_of
from grader.kata import catalogue, home
from grader.kata.catalogue import Selection
from grader.results import Exit

if TYPE_CHECKING:
    from grader.options import Options
    from grader.results import RunResult


_LONG = 5.0  # seconds of checks that are not run once more for a picture


def run(asked: argparse.Namespace) -> int:
    """Grade once."""
    from grader.machine import faults

    selections = catalogue.select(asked.words)
    if asked.from_notebook:
        if getattr(asked, "from") or asked.solutions:
            raise WrongUsage(
                "--from-notebook names what is graded; --from and --solutions name something else"
            )
        from grader.commands.notebook_answers import tree_from

        selections, tree = tree_from(asked.from_notebook, selections)
    else:
        tree = tree_of(asked)
    files = [selection.day.file_in(tree) for selection in selections]
    if getattr(asked, "from") and not any(file.exists() for file in files):
        wanted = files[0].relative_to(tree)
        raise WrongUsage(f"{tree} holds no {wanted}; --from wants a folder of the same shape as exercises/")
    refused, notice = faults.unsupported_jax()
    if refused:
        tell([refused])
        return Exit.FAULT
    tell([notice] if notice else [])
    result = _grade(selections, tree, asked)
    return result.exit_status


def judging_options(selections: Sequence[Selection], asked: argparse.Namespace) -> Options:
    """How the run is to judge. One exercise is set beside the reference, and with --verbose all are."""
    import secrets  # here: it takes long, and the page of help imports every command

    from grader.options import UNTIMED, Options
    from grader.results import FIRST_LOOK, Aspect

    names = frozenset(exercise.name for selection in selections for exercise in selection.exercises)
    count = sum(len(selection.exercises) for selection in selections)
    deep = asked.deep or (count == 1 and not asked.no_deep)
    compares = not asked.solutions and (count == 1 or asked.verbose)
    return Options(
        seed=secrets.randbelow(2**31) if asked.seed is None else asked.seed,
        aspects=(
            *(UNTIMED if asked.no_speed else FIRST_LOOK),
            *([Aspect.DEEPER] if deep else []),
        ),
        check_timeout=asked.timeout,
        compare=names if compares else frozenset(),
    )


def _grade(selections: Sequence[Selection], tree: Path, asked: argparse.Namespace) -> RunResult:
    """Judge, show and record."""
    from grader.commands.warm import take_other_endings_for_ctrl_c, warm_workers

    take_other_endings_for_ctrl_c()
    with warm_workers(probe_first=False) as workers:
        # Imported while the warm process imports JAX.
        from grader.judge import runner
        from grader.report import Report

        with Report(asked.format, verbose=asked.verbose) as screen:
            listeners = runner.Listeners(progress=screen.progress)
            result = runner.grade(selections, tree, workers, judging_options(selections, asked), listeners)
            try:
                screen.show(result)
            finally:  # a screen that fails loses nobody an attempt
                if home.is_own(tree):  # other trees are other people's
                    _record(result)
            if screen.in_a_terminal and _is_worth_drawing(result):
                with screen.drawing():
                    drawn = runner.grade(
                        selections, tree, workers, drawing_options(selections, asked.timeout)
                    )
                screen.show_picture(drawn)
    return result


def drawing_options(selections: Sequence[Selection], timeout: float) -> Options:
    """How exercises are judged whose pictures are all that is asked for: a check that takes `timeout` seconds is given up."""
    from grader.options import UNTIMED, Options

    names = frozenset(exercise.name for selection in selections for exercise in selection.exercises)
    return Options(seed=0, aspects=UNTIMED, check_timeout=timeout, pictures=names)


def _is_worth_drawing(result: RunResult) -> bool:
    """Whether it is one exercise, whose checks a picture may run once more: it is made when the verdict is on the screen."""
    from grader.results import Aspect, Status

    exercises = [exercise for day in result.days for exercise in day.exercises]
    if len(exercises) != 1 or result.interrupted or result.faults:
        return False
    (one,) = exercises
    again = sum(check.seconds for check in one.checks if check.aspect in {Aspect.CORRECT, Aspect.JIT})
    ended = {Status.TIMEOUT, Status.CRASHED, Status.FAULT}
    return again < _LONG and not any(check.status in ended for check in one.checks)


def _record(result: RunResult) -> None:
    from grader.record import attempts, store

    keeper = store.own()
    try:
        keeper.record(attempts.attempts(result))
    except store.NotRecorded as error:
        print(f"grader: progress is not recorded: {error}", file=sys.stderr)
    tell(keeper.notices)


SEED = CommandOption(
    ("--seed",),
    "of the random inputs; each run draws and prints one",
    read=partial(number_from, 0),
    takes="a number from 0 on",
    metavar="SEED",
)
NO_SPEED = CommandOption(("--no-speed",), "leave the speed checks out")
DEEP = CommandOption(
    ("--deep",), "take a deeper look, too: many drawn cases (one exercise alone always gets it)"
)
NO_DEEP = CommandOption(("--no-deep",), "leave the deeper look out")
ALL = CommandOption(VERBOSE.flags, "every check, whole tracebacks, answers beside the reference")
COMMAND = Command(
    "day01 [day02.histogram ...]",
    "grade days or exercises",
    run,
    (FROM, FROM_NOTEBOOK, SOLUTIONS, SEED, NO_SPEED, DEEP, NO_DEEP, TIMEOUT, ALL),
    formats=("rich", "plain", "json", "junit"),
)
