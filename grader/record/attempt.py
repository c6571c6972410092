"""One exercise, judged once: what is recorded of it, and read again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Attempt:
    """One exercise, judged once. `passed` means all of its checks; `ratio` is the speed against the naive way."""

    day: str
    exercise: str
    status: str
    passed: bool
    fingerprint: str  # of the source that was judged; empty when it did not parse
    line: int  # that the exercise began on
    judge: str  # a fingerprint of the checks that judged it
    ratio: float | None
    gate: float | None
    seed: int
    jax: str
    platform: str
    result: str  # the exercise's result as JSON
    deeper: bool | None = None  # whether the deeper look agreed; None where none was taken
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


def attempt_of(values: dict[str, Any]) -> Attempt:
    """Raises TypeError or ValueError when the values are not those of an attempt."""
    values = values | {"passed": bool(values["passed"])}
    if values.get("deeper") is not None:
        values["deeper"] = bool(values["deeper"])
    attempt = Attempt(**values)
    for one in fields(Attempt):
        value, kind = getattr(attempt, one.name), _KINDS[str(one.type)]
        if not isinstance(value, kind):
            raise ValueError(f"{one.name} is {value!r}")
    datetime.fromisoformat(attempt.at)
    return attempt


_KINDS: dict[str, Any] = {
    "str": str,
    "int": int,
    "bool": bool,
    "bool | None": (bool, type(None)),
    "float | None": (float, int, type(None)),
}
