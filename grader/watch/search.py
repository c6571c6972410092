"""The list of all exercises: what is typed narrows it, arrows move, Enter goes there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise
from grader.report.watch_views import SearchView
from grader.watch.effects import OpenDay
from grader.watch.keys_and_views import Board
from grader.watch.model import Model, Moment, Step

_Pair = tuple[Day, Exercise]


@dataclass(frozen=True, slots=True)
class Search:
    """The list while it is open."""

    here: tuple[Day, str]  # where somebody was when it was opened
    passed: frozenset[tuple[str, str]]  # on record, as (day, name)
    found: tuple[_Pair, ...]
    at: int = 0  # which of them is chosen
    typed: str = ""

    stays = True

    @classmethod
    def opened(cls, here: tuple[Day, str], passed: frozenset[tuple[str, str]]) -> Search:
        """With everything in it, where somebody is."""
        found = matches("", here[0])
        at = next(n for n, (day, exercise) in enumerate(found) if (day, exercise.name) == here)
        return cls(here, passed, found, at)

    def press(self, key: str, model: Model, now: Moment) -> Step:
        if key == "escape":
            return replace(model, mode=Board()), ()
        if key == "enter" and self.found:
            return self._go(model)
        if key in {"up", "down"} and self.found:
            at = (self.at + (1 if key == "down" else -1)) % len(self.found)
            return replace(model, mode=replace(self, at=at)), ()
        if key == "backspace" or len(key) == 1:
            return replace(
                model, mode=self._narrowed(self.typed[:-1] if key == "backspace" else self.typed + key)
            ), ()
        return model, ()

    def view(self, model: Model, now: Moment) -> SearchView:
        rows = [
            (
                f"{day.key}.{exercise.name}",
                "✓" if self._passed(model, day, exercise) else "·",
                f"★ {exercise.summary}" if exercise.stretch else exercise.summary,
            )
            for day, exercise in self.found
        ]
        return SearchView(rows, self.typed, self.at)

    def _go(self, model: Model) -> Step:
        day, exercise = self.found[self.at]
        model = replace(model, mode=Board())
        if day == model.day:
            return model.turned_to(exercise.name), ()
        return model, (OpenDay(day, exercise.name),)

    def _narrowed(self, typed: str) -> Search:
        if not typed.split():
            return replace(Search.opened(self.here, self.passed), typed=typed)
        return replace(self, typed=typed, found=matches(typed, self.here[0]), at=0)

    def _passed(self, model: Model, day: Day, exercise: Exercise) -> bool:
        """Of the day at hand the board knows more than the record."""
        return model.passed(exercise.name) if day == model.day else (day.key, exercise.name) in self.passed


def matches(typed: str, here: Day) -> tuple[_Pair, ...]:
    """The exercises in which all words are found that were typed: in names first, and this day's before others'."""
    words = typed.lower().split()
    every = [(day, exercise) for day in catalogue.days() for exercise in day.exercises]
    levels = {pair: _level(words, *pair) for pair in every}
    found = [pair for pair in every if levels[pair] is not None]
    return tuple(sorted(found, key=lambda pair: (levels[pair] or 0, bool(words) and pair[0] != here)))


def _level(words: list[str], day: Day, exercise: Exercise) -> int | None:
    """How near to the name all words are found: 0 where it begins, 1 in it, 2 in the summary, 3 in the docstring."""
    name = exercise.name.lower()
    if all(name.startswith(word) for word in words):
        return 0
    texts = f"{day.key}.{name}", f"{day.title} {exercise.summary}".lower(), exercise.text.lower()
    for level in range(len(texts)):
        if all(any(word in text for text in texts[: level + 1]) for word in words):
            return level + 1
    return None
