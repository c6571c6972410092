"""The command line: arguments in, exit status out. No grading and no rendering here."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader import __version__
from grader.commands import at_once as commands
from grader.kata import catalogue
from grader.options import UNTIMED, Options
from grader.results import Aspect

USAGE_ERROR = 2
OWN_FAULT = 3


class Command(NamedTuple):
    """A word that may come first instead of a selector."""

    usage: str
    what: str
    run: Callable[[list[str], argparse.Namespace], int]
    formats: tuple[str, ...] = ("rich", "plain")


# All that there is to adding a command: a line here, and what it runs.
COMMANDS = {
    "watch": Command("[day01]", "grade on every save; answers keys", lambda words, o: _watch(words, o)),
    "hint": Command(
        "day01.softmax [--level 2]", "a hint", lambda words, o: commands.hint(words, o.level, o.format)
    ),
    "solution": Command(
        "day01.softmax [--reveal]",
        "beside yours, once you have passed",
        lambda words, o: commands.solution(words, _tree(o), reveal=o.reveal, format=o.format),
    ),
    "reset": Command(
        "day01[.softmax] [--yes]",
        "bring stubs back; your file is kept",
        lambda words, o: commands.reset(words, _tree(o), yes=o.yes),
    ),
    "list": Command(
        "[WORD ...]",
        "exercises; also those that words occur in",
        lambda words, o: commands.list_exercises(words, o.format),
    ),
    "doctor": Command(
        "",
        "what is installed, what is missing",
        lambda words, o: commands.doctor(o.format),
        ("rich", "plain", "json"),
    ),
    "export": Command(
        "[FILE] [--yes]", "your progress as lines of JSON", lambda words, o: commands.export(words, yes=o.yes)
    ),
    "import": Command("FILE", "add progress from elsewhere", lambda words, o: commands.bring_in(words)),
    "data": Command(
        "mnist [--fit EPOCHS]",
        "fetch MNIST; train your day 14 on it",
        lambda words, o: commands.data(words, _tree(o), n_epochs=o.fit),
    ),
    "stubs": Command(
        "", "write the stubs that are missing", lambda words, o: commands.stubs(_tree(o, must_exist=False))
    ),
}
_OVERVIEW = Command("", "", lambda words, o: commands.overview(o.format))

_DESCRIPTION = """\
grade exercises:
  python -m grader day01            a day; also 1, pure_functions, all
  python -m grader day01.softmax    one exercise; also softmax
  python -m grader                  where you stand and what is next

other commands (python -m grader ...):
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grader",
        usage="python -m grader [COMMAND] [SELECTOR ...] [options]",
        description=_DESCRIPTION + "\n".join(_usages()),
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
    parser.add_argument("--fit", type=int, metavar="EPOCHS", help="data mnist: train your day 14 on it")
    parser.add_argument("--poll", action="store_true", help="watch: look again and again (network folders)")
    parser.add_argument("--reveal", action="store_true", help="show a solution before you have passed")
    parser.add_argument("-y", "--yes", action="store_true", help="reset and export: do not ask, write over")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="every check, whole tracebacks, answers beside the reference",
    )
    parser.add_argument("--version", action="version", version=f"jax-kata {__version__}")
    return parser


def _usages() -> list[str]:
    lines = {f"  {name} {command.usage}": command.what for name, command in COMMANDS.items()}
    return [f"{line:<37}{what}" for line, what in lines.items()]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    _write_whatever_the_console_takes()
    options = _parser().parse_args(arguments)
    words = options.words
    try:
        if words and words[0] not in COMMANDS:
            return _grade(words, options)
        command = COMMANDS[words[0]] if words else _OVERVIEW
        if options.format not in command.formats:
            asked = words[0] if words else "the overview"
            return _usage_error(f"{asked} knows the formats {', '.join(command.formats)}")
        return command.run(words[1:], options)
    except (catalogue.UnknownSelector, commands.WrongUsage) as error:
        return _usage_error(str(error))
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except Exception as error:
        return _own_fault(_explained(error, options.verbose))


def _explained(error: Exception, verbose: bool) -> str:
    import traceback

    from grader.machine import faults
    from grader.record import store

    told = str(error) if isinstance(error, store.NotRecorded) else faults.explain(error)
    if verbose or not told:
        traceback.print_exc()
    return told or "this is a mistake of the grader or of its installation, not of your code"


def _write_whatever_the_console_takes() -> None:
    """A sign that the console's encoding does not have is written out, and ends nothing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _grade(words: list[str], options: argparse.Namespace) -> int:
    import secrets

    from grader.machine import faults

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
    from grader.commands import grading

    names = frozenset(exercise.name for selection in selections for exercise in selection.exercises)
    judging = Options(
        seed=seed,
        aspects=UNTIMED if options.no_speed else tuple(Aspect),
        check_timeout=options.timeout,
        compare=names if _compares(selections, options) else frozenset(),
    )
    result = grading.grade(selections, tree, format=options.format, verbose=options.verbose, options=judging)
    return result.exit_status


def _compares(selections: Sequence[catalogue.Selection], options: argparse.Namespace) -> bool:
    """Whether what passes is set beside the reference: for one exercise, and for all with --verbose."""
    count = sum(len(selection.exercises) for selection in selections)
    return not options.solutions and (count == 1 or options.verbose)


def _watch(words: list[str], options: argparse.Namespace) -> int:
    from grader.commands import grading

    selections = catalogue.select(words)
    if len(selections) > 1:
        return _usage_error("watch takes one day, such as day07; it goes to another when you do")
    if options.timeout <= 0:
        return _usage_error("--timeout takes a number of seconds above 0")
    day = selections[0].day if selections else None
    exercises = selections[0].exercises if selections else ()
    grading.watch(
        day,
        _tree(options),
        format=options.format,
        check_timeout=options.timeout,
        poll=options.poll,
        focus=exercises[0].name if day and len(exercises) < len(day.exercises) else "",
    )
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
