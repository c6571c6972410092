"""`list`: the exercises that are selected, or that all words occur in."""

from __future__ import annotations

import argparse

from grader.commands.command import Command
from grader.commands.common import refuse, standings
from grader.report.plain import put, standard_output
from grader.report.text import printable
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Print them, with what came of each so far."""
    from grader.record import standing
    from grader.report.overview import exercises

    selections = standing.find(asked.words)
    if not selections:
        return refuse(f"no exercise has {printable(' '.join(asked.words))!r} in its name or its text")
    known = standings()
    entries = standing.entries(selections, known or {})
    put(exercises(standard_output(asked.format), entries, known=known is not None))
    return Exit.DONE


COMMAND = Command("[WORD ...]", "exercises; also those that words occur in", run, formats=("rich", "plain"))
