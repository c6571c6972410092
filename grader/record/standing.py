"""Where somebody stands in the kata: each exercise with what the record says of it, what comes next, the best speeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.kata.catalogue import Day, Exercise, Selection, UnknownSelector, days, select
from grader.record.store import Standing

Standings = Mapping[tuple[str, str], Standing]


@dataclass(frozen=True, slots=True)
class Entry:
    """One exercise and what came of it so far. `best` is the best speed ratio of an attempt that passed."""

    day: Day
    exercise: Exercise
    tried: bool
    passed: bool  # at least once
    best: float | None

    @property
    def selector(self) -> str:
        """How the exercise is asked for: `day07.ravel`."""
        return f"{self.day.key}.{self.exercise.name}"


def entries(selections: Iterable[Selection], standings: Standings) -> list[Entry]:
    """The selected exercises, in their order."""
    found = []
    for selection in selections:
        for exercise in selection.exercises:
            standing = standings.get((selection.day.key, exercise.name))
            passed = standing is not None and standing.first_passed is not None
            best = standing.best if standing else None
            found.append(Entry(selection.day, exercise, standing is not None, passed, best))
    return found


def next_one(entries: Sequence[Entry]) -> Entry | None:
    """The first core exercise that is not passed; a stretch exercise once no core one is left; None when all is done."""
    left = [entry for entry in entries if not entry.passed]
    return min(left, key=lambda entry: entry.exercise.stretch, default=None)


def personal_bests(entries: Iterable[Entry], count: int = 5) -> list[Entry]:
    """The exercises with the highest speed ratios, the highest first."""
    timed = [entry for entry in entries if entry.best is not None]
    return sorted(timed, key=lambda entry: -(entry.best or 0))[:count]


def find(words: Sequence[str]) -> list[Selection]:
    """The exercises meant by selectors; or else those in whose day, name or summary all words occur, or in the docstring.

    No words mean everything; an empty list means that nothing was found.
    """
    try:
        return list(select(words or ["all"]))
    except UnknownSelector:
        pass
    return _holding(words, lambda exercise: exercise.summary) or _holding(
        words, lambda exercise: exercise.text
    )


def _holding(words: Sequence[str], text: Callable[[Exercise], str]) -> list[Selection]:
    """The exercises in whose day, name or text all words occur."""
    wanted = [word.casefold() for word in words]
    found = []
    for day in days():
        hits = tuple(
            exercise
            for exercise in day.exercises
            if all(word in f"{day.folder} {exercise.name} {text(exercise)}".casefold() for word in wanted)
        )
        if hits:
            found.append(Selection(day, hits))
    return found
