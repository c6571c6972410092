"""The days with how much of each is done, for lists of days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from grader.kata.catalogue import Day
from grader.record.standing import Entry


@dataclass(frozen=True, slots=True)
class Row:
    """A day in the list of days."""

    day: Day
    entries: Sequence[Entry]

    @property
    def total(self) -> int:
        return sum(not entry.exercise.stretch for entry in self.entries)

    @property
    def done(self) -> int:
        return sum(entry.passed for entry in self.entries if not entry.exercise.stretch)

    @property
    def stretch_total(self) -> int:
        return len(self.entries) - self.total

    @property
    def stretch_done(self) -> int:
        return sum(entry.passed for entry in self.entries if entry.exercise.stretch)


def rows_of(entries: Iterable[Entry]) -> list[Row]:
    """A row for each day; entries of one day lie side by side."""
    return [Row(day, list(group)) for day, group in groupby(entries, key=lambda entry: entry.day)]
