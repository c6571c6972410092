"""Without a word: the days with progress bars, what is next, personal bests."""

from __future__ import annotations

import argparse
from contextlib import suppress

from grader import __version__
from grader.commands.command import Command
from grader.commands.common import need_a_record, standings, tell
from grader.kata import catalogue, home
from grader.report.plain import put, standard_output
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Print it."""
    from grader.record import standing
    from grader.report.overview import overview

    need_a_record()
    _tell_of_older_exercises()
    known = standings()
    entries = standing.entries(catalogue.select(["all"]), known or {})
    put(overview(standard_output(asked.format), entries, known=known is not None))
    return Exit.DONE


def _tell_of_older_exercises() -> None:
    """Those of an older kata than this one: nobody else would say that there are new ones."""
    from grader.kata import originals

    folder = home.find()
    with suppress(ValueError, OSError, originals.NewerFormat):
        made = originals.read(folder).kata if folder else ""
        whose = f"your exercises are those of jax-kata {made}"
        if originals.is_newer(made, __version__):
            tell([f"{whose}, and this is the older {__version__}: install the newer one"])
        elif made and made != __version__:
            tell([f"{whose}; `python -m grader update` brings those of {__version__}"])


COMMAND = Command("", "where you stand and what is next", run, formats=("rich", "plain"), words=False)
