"""How somebody asks for what a report offers: by commands of a shell, or by those of a notebook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ways:
    """The commands that a report names; `{}` stands for what is asked for. Without a command nothing is said of it."""

    hint: str
    more_hints: str  # {exercise} and {level}
    solution: str  # before it has passed
    grade: str
    day: str  # all exercises of one
    with_speed: str  # an exercise whose timing was left out
    export_over: str  # an older file
    begin: str  # for somebody who has not begun
    names_files: bool  # whether what was judged lies in a file of its own


SHELL = Ways(
    hint="python -m grader hint {}",
    more_hints="python -m grader hint {exercise} --level {level}",
    solution="python -m grader solution {} --reveal",
    grade="python -m grader {}",
    day="python -m grader {}",
    with_speed="",  # there it is left out by those alone who say so
    export_over="python -m grader export {} --yes",
    begin="",
    names_files=True,
)
NOTEBOOK = Ways(
    hint="%hint {}",
    more_hints="%hint {exercise} {level}",
    solution="%solution {} --reveal",
    grade="%%grade {}",
    day="",
    with_speed="%%grade {} --speed",
    export_over="%progress --export {} --yes",
    begin="%lesson {}",
    names_files=False,
)
