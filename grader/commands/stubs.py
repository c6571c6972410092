"""`stubs`: write the stubs that are missing or out of step."""

from __future__ import annotations

import argparse

from grader.commands.command import Command
from grader.commands.common import FROM, tree_of
from grader.kata import catalogue, workspace
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Write them, and say what was done with each file."""
    for outcome in workspace.write_stubs(catalogue.days(), tree_of(asked, must_exist=False)):
        why = " (it was changed; `reset` brings the stub back)" if outcome.action == "kept" else ""
        print(f"{outcome.action:<10} {outcome.file}{why}")
    return Exit.DONE


COMMAND = Command("", "write the stubs that are missing", run, (FROM,), words=False)
