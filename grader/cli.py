"""The command line: arguments in, exit status out. No grading and no rendering here."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import threading
import traceback
from pathlib import Path

from grader import __version__, catalogue, faults
from grader.results import RunResult

COMMANDS = ("hint", "reset", "stubs", "watch")
USAGE_ERROR = 2
OWN_FAULT = 3

_DESCRIPTION = """\
grade exercises:
  python -m grader day01            a day; also 1, pure_functions, all
  python -m grader day01.softmax    one exercise; also softmax
  python -m grader                  what there is
  python -m grader watch [day01]    grade on every save, and answer single keys

other commands:
  python -m grader hint day01.softmax [--level 2]
  python -m grader reset day01[.softmax]   bring stubs back; your file is kept beside
  python -m grader stubs                   write the stubs that are missing
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grader",
        usage="python -m grader [COMMAND] [SELECTOR ...] [options]",
        description=_DESCRIPTION,
        epilog="exit status: 0 all passed, 1 something did not, 2 wrong usage, 3 the grader's own fault, 130 after Ctrl-C",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="SELECTOR", help=argparse.SUPPRESS)
    parser.add_argument("--format", choices=("rich", "plain", "json", "junit"), default="rich")
    tree = parser.add_mutually_exclusive_group()
    tree.add_argument(
        "--from", dest="tree", type=Path, metavar="DIR", help="grade another tree shaped like exercises/"
    )
    tree.add_argument("--solutions", action="store_true", help="grade the reference solutions")
    parser.add_argument("--seed", type=int, help="of the random inputs; each run draws and prints one")
    parser.add_argument("--no-speed", action="store_true", help="leave the speed checks out")
    parser.add_argument(
        "--timeout", type=float, default=20.0, metavar="SECONDS", help="for each check (default 20)"
    )
    parser.add_argument(
        "--level", type=int, choices=(1, 2, 3), default=1, help="how much a hint says (default 1)"
    )
    parser.add_argument(
        "--poll", action="store_true", help="watch by looking again and again (network folders)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="every check, and whole tracebacks")
    parser.add_argument("--version", action="version", version=f"jax-kata {__version__}")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    command = options.words[0] if options.words and options.words[0] in COMMANDS else ""
    words = options.words[1:] if command else options.words
    try:
        if command == "hint":
            return _hint(words, options.level)
        if command == "reset":
            return _reset(words, _tree(options))
        if command == "stubs":
            return _stubs(_tree(options, must_exist=False))
        if command == "watch":
            return _watch(words, options)
        if not words:
            return _overview()
        return _grade(words, options)
    except catalogue.UnknownSelector as error:
        return _usage_error(str(error))
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        told = faults.explain(error)
        if options.verbose or not told:
            traceback.print_exc()
        return _own_fault(told or "this is a mistake of the grader or of its installation, not of your code")


def _grade(words: list[str], options: argparse.Namespace) -> int:
    selections = catalogue.select(words)
    if options.timeout <= 0:
        return _usage_error("--timeout takes a number of seconds above 0")
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    if seed < 0:
        return _usage_error("--seed takes a number from 0 on")
    tree = _tree(options)
    files = [selection.day.file_in(tree) for selection in selections]
    if options.tree and not any(file.exists() for file in files):
        wanted = files[0].relative_to(tree)
        return _usage_error(
            f"{tree} holds no {wanted}; --from wants a folder of the same shape as exercises/"
        )
    refused, notice = faults.unsupported_jax()
    if refused:
        return _own_fault(refused)
    if notice:
        print(f"grader: {notice}", file=sys.stderr)
    from grader import compile_cache, processes, record

    _take_other_endings_for_ctrl_c()
    cache, works = compile_cache.choose(record.folder())
    with processes.Workers(cache if works else None) as workers:
        # Imported while the warm process imports JAX.
        from grader import report, runner

        with report.Report(options.format, verbose=options.verbose) as screen:
            result = runner.grade(
                selections,
                tree,
                workers,
                seed=seed,
                with_speed=not options.no_speed,
                check_timeout=options.timeout,
                listener=screen.progress,
            )
            screen.show(result)
        if works is None and cache:  # asked once, when nobody waits any more
            compile_cache.remember(cache, workers.probe_compile_cache(cache))
    if tree == catalogue.EXERCISES:  # other trees are other people's
        _record(result)
    return result.exit_status


def _watch(words: list[str], options: argparse.Namespace) -> int:
    from grader import compile_cache, processes, record
    from grader.report import watch_screen
    from grader.watch import watch

    selections = catalogue.select(words)
    if len(selections) > 1:
        return _usage_error("watch takes one day, such as day07; it goes on to the next by itself when asked")
    tree = _tree(options)
    day = selections[0].day if selections else _next_day()
    keeper = record.progress() if tree == catalogue.EXERCISES else None
    _take_other_endings_for_ctrl_c()
    cache, works = compile_cache.choose(record.folder())
    with processes.Workers(cache if works else None) as workers:
        if works is None and cache:
            works = workers.probe_compile_cache(cache)
            compile_cache.remember(cache, works)
            workers.compile_cache = cache if works else None
        try:
            watch(
                day,
                tree,
                watch_screen(plain=options.format == "plain"),
                workers,
                keeper=keeper,
                check_timeout=options.timeout,
                reveal=_reference,
                poll=options.poll,
            )
        except KeyboardInterrupt:
            return 130
    return 0


def _reference(day: catalogue.Day, exercise: catalogue.Exercise) -> str:
    return day.solution.read_text(encoding="utf-8")


def _next_day() -> catalogue.Day:
    """The first day whose core exercises have not all passed."""
    from grader import progress, record

    try:
        standings = record.progress().standings()
    except progress.NotRecorded:
        standings = {}
    for day in catalogue.days():
        core = [(day.key, exercise.name) for exercise in day.exercises if not exercise.stretch]
        if not all(key in standings and standings[key].first_passed for key in core):
            return day
    return catalogue.days()[0]


def _record(result: RunResult) -> None:
    from grader import progress, record

    keeper = record.progress()
    try:
        keeper.record(record.attempts(result))
    except progress.NotRecorded as error:
        print(f"grader: progress is not recorded: {error}", file=sys.stderr)
    for notice in keeper.notices:
        print(f"grader: {notice}", file=sys.stderr)


def _take_other_endings_for_ctrl_c() -> None:
    """A closed terminal and a polite kill end the run like Ctrl-C, with everything tidied up."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _overview() -> int:
    print("The days of the kata; grade one with `python -m grader day01`.\n")
    for day in catalogue.days():
        core = sum(not exercise.stretch for exercise in day.exercises)
        print(f"  {day.key}  {day.title:<28} {core} exercises, {len(day.exercises) - core} stretch")
    return 0


def _hint(words: list[str], level: int) -> int:
    from grader import hints_file

    if not words:
        return _usage_error("hint takes an exercise, such as day01.softmax")
    for selection in catalogue.select(words):
        for exercise in selection.exercises:
            stages = hints_file.read(selection.day.hints, exercise.name)
            print(f"{selection.day.key}.{exercise.name}: {exercise.summary}\n")
            for number, stage in enumerate(stages[:level], start=1):
                print(f"hint {number} of {len(stages)}\n{hints_file.wrapped(stage)}\n")
            if level < len(stages):
                more = f"python -m grader hint {selection.day.key}.{exercise.name} --level {level + 1}"
                print(f"More: {more}\n")
    return 0


def _shown(path: Path) -> Path:
    """The path from the working directory, when it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _reset(words: list[str], tree: Path) -> int:
    from grader import workspace

    if not words:
        return _usage_error("reset takes a day or an exercise, such as day01.softmax")
    for selection in catalogue.select(words):
        try:
            outcome = workspace.reset(selection.day, selection.exercises, tree)
        except ValueError as error:
            return _usage_error(str(error))
        print(f"{_shown(outcome.file)}: {'stub brought back' if outcome.backup else outcome.action}")
        if outcome.backup:
            print(f"your file as it was: {_shown(outcome.backup)}")
    return 0


def _stubs(tree: Path) -> int:
    from grader import workspace

    for outcome in workspace.write_stubs(catalogue.days(), tree):
        why = " (it was changed; `reset` brings the stub back)" if outcome.action == "kept" else ""
        print(f"{outcome.action:<10} {outcome.file}{why}")
    return 0


def _tree(options: argparse.Namespace, *, must_exist: bool = True) -> Path:
    """The tree of learner's files that is meant. Raises UnknownSelector when it is not there."""
    tree: Path = catalogue.SOLUTIONS if options.solutions else options.tree or catalogue.EXERCISES
    if must_exist and not tree.is_dir():
        raise catalogue.UnknownSelector(f"there is no folder {str(tree)!r}")
    return tree


def _own_fault(message: str) -> int:
    print(f"grader: {message}", file=sys.stderr)
    return OWN_FAULT


def _usage_error(message: str) -> int:
    print(f"grader: {message}", file=sys.stderr)
    return USAGE_ERROR
