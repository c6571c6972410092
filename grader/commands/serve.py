"""`serve`: answer requests, one object of JSON a line, for a notebook or an editor. docs/serve.md tells what may be asked."""

from __future__ import annotations

import argparse

from grader.commands.command import Command
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Serve until standard input ends. Nothing else is written to standard output."""
    from grader.serve.lines import Outgoing, pipes

    lines, events = pipes()
    from grader.commands.warm import take_other_endings_for_ctrl_c
    from grader.record import store
    from grader.record.store import AttemptLog
    from grader.serve.grading import Gradings
    from grader.serve.service import serve

    take_other_endings_for_ctrl_c()
    folder = (
        store.folder().absolute()
    )  # now: to start a worker, the whole process goes elsewhere for a moment
    record = AttemptLog(folder)
    serve(lines, Outgoing(events).send, Gradings(record, folder), record)
    return Exit.DONE


COMMAND = Command("", "answer a notebook or an editor, in lines of JSON", run, words=False)
