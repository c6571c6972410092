"""The list of all exercises in `watch`: what is typed narrows it, arrows move, Enter goes there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise
from grader.report.watch_screen import Choice


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the list was left with; `exercise` is None when nothing was chosen."""

    day: Day | None = None
    exercise: Exercise | None = None


class Chooser:
    """The list while it is open. `sign` says how an exercise stands, in a character; `here` is chosen at first."""

    def __init__(self, sign: Callable[[Day, Exercise], str], here: tuple[Day, str]) -> None:
        self._sign, self._here = sign, here
        self._typed, self._at = "", 0
        self._found: list[tuple[Day, Exercise]] = []
        self._search()

    @property
    def choice(self) -> Choice:
        """What the screen shows."""
        rows = [(f"{day.key}.{exercise.name}", self._sign(day, exercise), exercise.summary)
                for day, exercise in self._found]  # fmt: skip
        return Choice(rows, self._typed, self._at)

    def press(self, key: str) -> Chosen | None:
        """Answer a key. None while the list stays open."""
        if key == "escape":
            return Chosen()
        if key == "enter" and self._found:
            return Chosen(*self._found[self._at])
        if key in {"up", "down"} and self._found:
            self._at = (self._at + (1 if key == "down" else -1)) % len(self._found)
        elif key == "backspace" or len(key) == 1:
            self._typed = self._typed[:-1] if key == "backspace" else self._typed + key
            self._search()
        return None

    def _search(self) -> None:
        """All exercises in their order; or what was typed: in names first, this day's before others'."""
        words = self._typed.lower().split()
        here, name = self._here
        every = [(day, exercise) for day in catalogue.days() for exercise in day.exercises]
        if not words:
            self._found = every
            self._at = next(n for n, (day, one) in enumerate(every) if (day, one.name) == (here, name))
            return
        levels = {pair: _level(words, *pair) for pair in every}
        found = [pair for pair in every if levels[pair] is not None]
        self._found = sorted(found, key=lambda pair: (levels[pair] or 0, pair[0] != here))
        self._at = 0


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
