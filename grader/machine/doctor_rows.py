"""What the doctor finds, a row for each thing that was looked at, and what the rows come to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """How a row is to be read."""

    GOOD = "good"
    NOTE = "note"  # the kata runs, but this is worth knowing
    MISSING = "missing"  # the kata cannot run


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at. `remedy` is what to type or to do, a line for each step."""

    name: str
    state: State
    text: str
    remedy: str = ""


def as_json(found: list[Row]) -> str:
    """The rows as one document: `{"schema": 1, "ok": true, "rows": [{"name", "state", "text", "remedy"}, ...]}`."""
    return json.dumps({"schema": 1, "ok": can_run(found), "rows": [asdict(row) for row in found]}, indent=2)


def can_run(found: list[Row]) -> bool:
    """Whether nothing is missing that the kata needs."""
    return all(row.state is not State.MISSING for row in found)
