"""Without a word: the days with progress bars, what is next, personal bests."""

from __future__ import annotations

import argparse

from grader.commands.command import Command
from grader.commands.common import need_a_record, standings
from grader.kata import catalogue
from grader.report.plain import put, standard_output
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Print it."""
    from grader.record import standing
    from grader.report.overview import overview

    need_a_record()
    known = standings()
    entries = standing.entries(catalogue.select(["all"]), known or {})
    put(overview(standard_output(asked.format), entries, known=known is not None))
    return Exit.DONE


COMMAND = Command("", "where you stand and what is next", run, formats=("rich", "plain"), words=False)
