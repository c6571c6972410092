"""What the kata holds: days, exercises and the paths of their files.

Read from the tree by syntax alone; nothing is executed and JAX is not imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.source.syntax import Definition, functions_in

GRADER = Path(__file__).resolve().parents[1]
INSTALLED = (GRADER / "solutions").is_dir()  # from a wheel, which holds the whole kata below the grader
ROOT = GRADER if INSTALLED else GRADER.parent
SOLUTIONS = ROOT / "solutions"
LESSONS = (
    ROOT / "exercises"
)  # as the kata ships them, with untouched stubs; in a clone somebody works there, too
OWN = Path.home() / ".jax-kata" if INSTALLED else ROOT  # what belongs to no workspace is kept here: downloads
DAYS = GRADER / "days"  # a folder a day, and in it one an exercise
TOOLKIT = GRADER / "toolkit"
SOURCE = GRADER / "source"
STRETCH_SIGN = "★"


class UnknownSelector(ValueError):
    """What was asked for does not exist. The text says so and suggests what was meant."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One public function or class of a solution file. A class without methods is given, and no exercise."""

    name: str
    stretch: bool
    summary: str  # the first line of its docstring, without the stretch sign
    text: str = ""  # the whole docstring


@dataclass(frozen=True, slots=True)
class Day:
    """One day: `key` is `day07`, `name` is `pytrees`, `folder` is `day07_pytrees`.

    `stem` is what the file is called, without .py: as a rule the name. But in day 11 `optax.py` would hide optax.
    """

    number: int
    name: str
    stem: str
    title: str
    exercises: tuple[Exercise, ...]

    @property
    def key(self) -> str:
        return f"day{self.number:02d}"

    @property
    def folder(self) -> str:
        return f"{self.key}_{self.name}"

    @property
    def solution(self) -> Path:
        return SOLUTIONS / self.folder / f"{self.stem}.py"

    @property
    def shared(self) -> Path:
        """What several exercises of the day use in their checks."""
        return DAYS / self.folder / "shared.py"

    def folder_of(self, exercise: str) -> Path:
        """Where all that belongs to one exercise lies: its checks, its hints, answers to try them on."""
        return DAYS / self.folder / exercise

    def checks_of(self, exercise: str) -> Path:
        return self.folder_of(exercise) / "checks.py"

    def deeper_of(self, exercise: str) -> Path:
        """The checks of the deeper look; not every exercise has some."""
        return self.folder_of(exercise) / "deeper.py"

    def has_deeper_look(self, exercise: str) -> bool:
        return self.deeper_of(exercise).is_file()

    def hints_of(self, exercise: str) -> Path:
        return self.folder_of(exercise) / "hints.md"

    def file_in(self, tree: Path) -> Path:
        """The learner's file of this day in a tree shaped like `exercises/`."""
        return tree / self.folder / f"{self.stem}.py"

    def exercise(self, name: str) -> Exercise:
        """Raises UnknownSelector with a suggestion when the day has no such exercise."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise UnknownSelector(
            f"{self.key} has no exercise {name!r}{_suggest(name, [e.name for e in self.exercises])}"
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Exercises of one day that somebody asked for, in the day's order."""

    day: Day
    exercises: tuple[Exercise, ...]


@cache
def days() -> tuple[Day, ...]:
    """All days of the kata, in order."""
    found = []
    for folder in sorted(SOLUTIONS.glob("day[0-9][0-9]_*")):
        number, name = int(folder.name[3:5]), folder.name[6:]
        file = folder / f"{name}.py"
        if not file.exists():
            (file,) = folder.glob("[!._]*.py")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        title = (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")
        title = re.sub(r"^Day \d+: ", "", title)
        found.append(Day(number, name, file.stem, title, tuple(exercises_in(tree))))
    return tuple(found)


def exercises_in(tree: ast.Module) -> list[Exercise]:
    """The exercises of a solution file: its public functions and classes, but for classes that are given."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not functions_in(node):
            continue  # fields alone: nothing to write, so it is given
        if isinstance(node, Definition) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            summary = text.partition("\n")[0]
            stretch = summary.startswith(STRETCH_SIGN)
            found.append(Exercise(node.name, stretch, summary.removeprefix(STRETCH_SIGN).strip(), text))
    return found


def find_day(text: str) -> Day:
    """The day meant by `day07`, `7`, `07`, `pytrees` (the folder's name or the file's) or `day07_pytrees`.

    Raises UnknownSelector with a suggestion.
    """
    for day in days():
        if text.lower() in {
            day.key,
            day.folder,
            day.name,
            day.stem,
            str(day.number),
            f"{day.number:02d}",
            f"day{day.number}",
        }:
            return day
    import difflib  # here: only mistakes need it

    known = [name for day in days() for name in dict.fromkeys((day.key, day.name, day.stem))]
    exercises = [exercise.name for day in days() for exercise in day.exercises]
    if difflib.get_close_matches(text, exercises, n=1) and not difflib.get_close_matches(text, known, n=1):
        known = exercises
    raise UnknownSelector(f"there is no day or exercise {text!r}{_suggest(text, known)}")


def select(selectors: Sequence[str]) -> tuple[Selection, ...]:
    """Turn selectors such as `day01`, `pytrees`, `day01.softmax`, `softmax` or `all` into selections.

    Days come in their order, each once. Raises UnknownSelector with a suggestion.
    """
    wanted: dict[Day, set[str]] = {}
    for selector in selectors:
        if selector == "all":
            for day in days():
                wanted.setdefault(day, set()).update(e.name for e in day.exercises)
            continue
        selector = _without_folders(selector).strip("/").removesuffix(".py").replace("/", ".")
        text, dot, name = selector.partition(".")
        if not dot and (owner := _day_of_exercise(text)):
            day, name = owner, text
        else:
            day = find_day(text)
        names = {day.exercise(name).name} if name else {e.name for e in day.exercises}
        wanted.setdefault(day, set()).update(names)
    return tuple(
        Selection(day, tuple(e for e in day.exercises if e.name in wanted[day]))
        for day in days()
        if day in wanted
    )


def _without_folders(selector: str) -> str:
    """The day's folder for a path to its file, `exercises/day01_pure_functions/pure_functions.py`; else what was given."""
    *_, folder, name = ("", *selector.replace("\\", "/").split("/"))
    named = [day for day in days() if name == f"{day.stem}.py" and folder in {day.folder, day.key}]
    return named[0].folder if named else selector


def _day_of_exercise(name: str) -> Day | None:
    """The day that holds the exercise, when exactly one day does."""
    owners = [day for day in days() if any(e.name == name for e in day.exercises)]
    return owners[0] if len(owners) == 1 else None


def _suggest(word: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(known)}" if known else "; there are none"
