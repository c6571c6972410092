"""`stubs`: write the stubs that are missing or out of step, and in the kata's own tree the tables of exercises."""

from __future__ import annotations

import argparse

from grader.commands.command import Command, WrongUsage
from grader.commands.common import FROM, refuse, tree_of
from grader.kata import catalogue, home, tables, workspace
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Write them, and say what was done with each file."""
    if not getattr(asked, "from") and not home.is_the_kata_itself(home.needed()):
        raise WrongUsage(
            "stubs is for whoever changes the kata, in a clone; `python -m grader update` brings yours in step"
        )
    tree = tree_of(asked, must_exist=False)
    for outcome in workspace.write_stubs(catalogue.days(), tree):
        why = " (it was changed; `reset` brings the stub back)" if outcome.action == "kept" else ""
        if outcome.action == "damaged":
            why = f" (a new one begins, and files that may have been changed are kept; as it was: {outcome.backup})"
        print(f"{outcome.action:<10} {outcome.file}{why}")
    if tree.resolve() == catalogue.LESSONS and not catalogue.INSTALLED:
        try:
            for path in tables.write():
                print(f"{'written':<10} {path}")
        except tables.NoTable as error:
            return refuse(str(error))
    return Exit.DONE


COMMAND = Command("", "write the stubs that are missing", run, (FROM,), words=False)
