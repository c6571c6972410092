"""Which exercise a request means, and which texts may stand above its cell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from grader.kata import catalogue
from grader.kata.catalogue import Day, Exercise, UnknownSelector
from grader.serve.judged_text import Text, defined_in
from grader.source.blocks import parsed


@dataclass(frozen=True, slots=True)
class Chosen:
    """One exercise."""

    day: Day
    exercise: Exercise

    @property
    def selector(self) -> str:
        """`day01.softmax`."""
        return f"{self.day.key}.{self.exercise.name}"

    def context(self, texts: Sequence[str]) -> list[Text]:
        """Texts that ran before; of those that ran several times the last run."""
        last = {text: number for number, text in enumerate(texts)}
        return [Text(text) for number, text in enumerate(texts) if last[text] == number]


def named(selector: str) -> Chosen:
    """The exercise that somebody names. Raises UnknownSelector."""
    found = catalogue.select([selector])
    if len(found) != 1 or len(found[0].exercises) != 1:
        raise UnknownSelector(f"{selector!r} is no single exercise; one is called like day01.softmax")
    return Chosen(found[0].day, found[0].exercises[0])


def to_grade(selector: str, code: str, days_so_far: Collection[str]) -> Chosen:
    """The exercise of a text: the one that is named, which it must define, or the one that it defines.

    Where several days have one of its name, the day that was graded last is meant. Raises UnknownSelector.
    """
    defined = defined_in(code)
    if selector:
        chosen = named(selector)
        name = chosen.exercise.name
        if name not in defined and not parsed(code).broken:
            near = get_close_matches(name, defined, n=1, cutoff=0.6)
            but = f"; {near[0]} looks like it" if near else ""
            raise UnknownSelector(f"the cell defines no {name}{but}. Its name is how the checks find it.")
        return chosen
    found = [
        Chosen(day, exercise)
        for day in catalogue.days()
        for exercise in day.exercises
        if exercise.name in defined
    ]
    last = [one for one in found if one.day.key in days_so_far]
    names = {one.exercise.name for one in found}
    if len(names) == 1 and len(last or found) == 1:
        return (last or found)[0]
    if not found:
        raise UnknownSelector("the cell defines none of the exercises; name the one that is meant")
    several = ", ".join(one.selector for one in found)
    raise UnknownSelector(f"the cell may be for {several}; name the one that is meant")
