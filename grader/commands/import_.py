"""`import`: add an exported record to this one; what is there already stays as it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grader.commands.command import Command, WrongUsage
from grader.commands.common import need_a_record, tell
from grader.commands.export import attempts_in_words
from grader.report.text import printable
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Add all of it, or nothing."""
    from grader.record import store

    words = asked.words
    if len(words) != 1:
        raise WrongUsage("import takes one file that `export` wrote, or - for standard input")
    need_a_record()
    try:
        text = sys.stdin.buffer.read() if words[0] == "-" else Path(words[0]).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise WrongUsage(f"{words[0]} cannot be read ({error.strerror})") from error
    keeper = store.own()
    try:
        # At line feeds alone: JSON may hold other characters that end a line.
        lines = text.decode("utf-8-sig").split("\n")
        new = keeper.bring_in(lines)
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{words[0]} is no exported record: it is not text in UTF-8") from error
    except ValueError as error:
        raise WrongUsage(f"nothing was brought in: {printable(str(error))}") from error
    tell(keeper.notices)
    known = sum(bool(line.strip()) for line in lines) - new
    print(f"{attempts_in_words(new)} brought in" + (f"; {known} were here already" if known else ""))
    return Exit.DONE


COMMAND = Command("FILE", "add progress from elsewhere", run)
