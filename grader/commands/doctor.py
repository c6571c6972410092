"""`doctor`: what is installed, what is missing and how to get it."""

from __future__ import annotations

import argparse

from grader.commands.command import Command
from grader.report.plain import put, standard_output
from grader.results import Exit


def run(asked: argparse.Namespace) -> int:
    """Look at all that the kata needs."""
    from grader.machine import doctor
    from grader.machine.doctor_rows import as_json, can_run
    from grader.report.doctor import Checkup

    rows = doctor.rows(standard_output())
    if asked.format == "json":
        found = list(rows)
        print(as_json(found))
    else:
        checkup, found = Checkup(standard_output(asked.format)), []
        for row in rows:  # the last ones take seconds
            found.append(row)
            put(checkup.row(row))
        put(checkup.end(found))
    return Exit.DONE if can_run(found) else Exit.FAULT


COMMAND = Command(
    "", "what is installed, what is missing", run, formats=("rich", "plain", "json"), words=False
)
