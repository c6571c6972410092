"""Numbers of a verdict in words, for every screen: a timing, drawn cases, what is set beside the reference."""

from __future__ import annotations

from grader.results import ComparedQuantity, ExerciseResult, Speed
from grader.units import memory, ratio, seconds

_WORDS = {
    "bytes_accessed": "memory traffic",
    "temporary_bytes": "temporary memory",
    "seconds": "time a call",
}


def speed_words(speed: Speed) -> str:
    """`x212 (190-230), needs x40, against a Python loop`."""
    interval = f"x{ratio(speed.ratio)} ({ratio(speed.low)}-{ratio(speed.high)})"
    return f"{interval}, needs x{ratio(speed.gate)}, against {speed.baseline}"


def cases(exercise: ExerciseResult) -> str:
    """`1 case`, `240 cases`: that were drawn in the deeper look, and agreed."""
    return f"{exercise.cases} case{'s' * (exercise.cases != 1)}"


def deeper_words(exercise: ExerciseResult) -> str:
    """`the deeper look: 240 cases agree`."""
    return f"the deeper look: {cases(exercise)} {'agrees' if exercise.cases == 1 else 'agree'}"


def compared_words(row: ComparedQuantity) -> tuple[str, str, str]:
    """What a quantity is called, and how much of it yours takes and the reference; a dash where nobody knows."""
    amounts = (_amount(row.quantity, value) for value in (row.yours, row.reference))
    return (_WORDS.get(row.quantity, row.quantity), *amounts)  # type: ignore[return-value]


def _amount(quantity: str, value: float | None) -> str:
    """1,234; 12.5 KiB; 4.1 µs."""
    if value is None:
        return "-"
    if quantity == "seconds":
        return seconds(value)
    return memory(value) if "bytes" in quantity else f"{value:,.0f}"
