"""Mistakes of our own, kept to be told as ours when the run is over. They change no verdict."""

from __future__ import annotations

import traceback


def note(error: Exception, faults: list[str]) -> None:
    """Add the traceback of an error, unless one from the same place is there: a listener is called for each step."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    if not any(f'File "{frame.filename}", line {frame.lineno}, ' in fault for fault in faults):
        faults.append("".join(traceback.format_exception(error)))
