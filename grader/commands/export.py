"""`export`: write the record as lines of JSON, on standard output or into a file that is not there yet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grader.commands.command import Command, WrongUsage
from grader.commands.common import YES, need_a_record, refuse, tell
from grader.kata import files
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Write it."""
    from grader.record import store

    words = asked.words
    if len(words) > 1:
        raise WrongUsage("export takes one file, or none for standard output")
    need_a_record()
    keeper = store.own()
    lines = [f"{line}\n" for line in keeper.export()]
    tell(keeper.notices)
    if not words or words[0] == "-":
        sys.stdout.writelines(lines)
        return Exit.DONE
    file = Path(words[0])
    if file.is_dir():
        raise WrongUsage(f"{words[0]} is a folder; export takes a file")
    if file.exists() and not asked.yes:
        return refuse(
            f"{words[0]} exists already. To write over it: python -m grader export {words[0]} --yes"
        )
    try:
        files.write(file, "".join(lines).encode())
    except (FileExistsError, NotADirectoryError) as error:
        raise WrongUsage(f"{words[0]} cannot be made ({error.strerror}: {error.filename})") from error
    print(f"{attempts_in_words(len(lines))} written to {words[0]}")
    return Exit.DONE


def attempts_in_words(count: int) -> str:
    """`1 attempt`, `2 attempts`."""
    return f"{count} attempt{'' if count == 1 else 's'}"


COMMAND = Command("[FILE] [--yes]", "your progress as lines of JSON", run, (YES,))
