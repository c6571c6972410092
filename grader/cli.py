"""The command line: arguments in, exit status out. No grading and no rendering here."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from grader import __version__
from grader.commands.command import Command, CommandOption, WrongUsage
from grader.kata import catalogue, home
from grader.results import Exit

# A word that may come first -> the module of `grader.commands` that answers it. All that a new command is added to.
COMMANDS = {
    "start": "start",
    "watch": "watch",
    "hint": "hint",
    "solution": "solution",
    "try": "try_",
    "show": "show",
    "report": "report",
    "reset": "reset",
    "notebook": "notebook",
    "list": "list",
    "doctor": "doctor",
    "update": "update",
    "export": "export",
    "import": "import_",
    "data": "data",
    "stubs": "stubs",
    "author": "author",
    "serve": "serve",
}
# What answers where no such word comes first, by the name that it has in messages.
_UNNAMED = {"grading": "grade", "the overview": "overview"}
_HELP = CommandOption(("-h", "--help"), "show this help message and exit")
_VERSION = CommandOption(("--version",), "show program's version number and exit")

_DESCRIPTION = """\
grade exercises:
  python -m grader day01            a day; also 1, pure_functions, all
  python -m grader day01.softmax    one exercise; also softmax
  python -m grader                  where you stand and what is next

other commands (python -m grader ...):
"""
_EPILOG = "exit status: 0 all passed, 1 something did not, 2 wrong usage, 3 the grader's own fault, 130 after Ctrl-C"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    _write_whatever_the_console_takes()
    verbose = False
    try:
        command, asked = parse(sys.argv[1:] if arguments is None else arguments)
        verbose = asked.verbose
        return command.run(asked)
    except (catalogue.UnknownSelector, home.NoWorkspace, WrongUsage) as error:
        print(f"grader: {error}", file=sys.stderr)
        return Exit.USAGE
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.UNDONE
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return Exit.INTERRUPTED
    except Exception as error:
        print(f"grader: {_explained(error, verbose)}", file=sys.stderr)
        return Exit.FAULT


def parse(arguments: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command that is meant, and its options. Raises WrongUsage.

    Ends the process, as argparse does, when it is asked for help or for the version.
    """
    at = _first_word(arguments)
    if at is not None and arguments[at] in COMMANDS:
        word = arguments[at]
        command = command_in(COMMANDS[word])
        return command, command.parse(word, [*arguments[:at], *arguments[at + 1 :]])
    called = "the overview" if at is None else "grading"
    command = command_in(_UNNAMED[called])
    asked = command.parse(called, arguments, _HELP, _VERSION)
    if asked.help or asked.version:
        print(page() if asked.help else f"jax-kata {__version__}")
        sys.exit(Exit.DONE)
    return command, asked


def command_in(module: str) -> Command:
    """The command of a module of `grader.commands`, which is imported now."""
    command: Command = importlib.import_module(f"grader.commands.{module}").COMMAND
    return command


def _first_word(arguments: Sequence[str]) -> int | None:
    """Where the first argument stands that is neither an option nor an option's value."""
    if not arguments or not arguments[0].startswith("-"):
        return 0 if arguments else None
    known = [option for option, _ in _all_options()]
    value = False
    for at, argument in enumerate(arguments):
        if not value and (not argument.startswith("-") or argument == "-"):
            return at
        value = not value and any(one.read is not None and one.may_be(argument) for one in known)
    return None


def _all_options() -> list[tuple[CommandOption, list[str]]]:
    """The options of all commands, those of grading first, each with the words of the commands that know it."""
    found: dict[str, tuple[CommandOption, list[str]]] = {}
    for word, module in {"": "grade", **COMMANDS}.items():
        for option in command_in(module).all_options():
            found.setdefault(option.name, (option, []))[1].append(word)
    return list(found.values())


def page() -> str:
    """What `--help` prints: all commands and all options."""
    shown = {f"  {word} {(one := command_in(module)).usage}": one.what for word, module in COMMANDS.items()}
    parser = argparse.ArgumentParser(
        prog="python -m grader",
        usage="python -m grader [COMMAND] [SELECTOR ...] [options]",
        description=_DESCRIPTION + "\n".join(f"{line:<37}{what}" for line, what in shown.items()),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    _HELP.add_to(parser)
    for option, words in _all_options():
        option.add_to(parser, option.help if "" in words else f"{', '.join(words)}: {option.help}")
    _VERSION.add_to(parser)
    return parser.format_help().rstrip()


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
