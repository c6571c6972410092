"""What a batch is asked to judge: which checks, which exercises, on what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader.kata.catalogue import DAYS, SOLUTIONS, Selection, find_day
from grader.results import Aspect
from grader.worker.protocol import Task


def task_of(
    selection: Selection, file: Path, aspects: tuple[Aspect, ...], exercises: tuple[str, ...] | None = None
) -> Task:
    """All exercises of a selection in a learner's file, or some of them, on some aspects."""
    day = selection.day
    names = tuple(one.name for one in selection.exercises) if exercises is None else exercises
    return Task(
        day=day.key,
        checks=tuple(day.checks_of(name) for name in names),
        solution=day.solution,
        learner=file,
        hidden=(SOLUTIONS, DAYS),
        exercises=names,
        aspects=aspects,
    )


def with_the_whole_day(task: Task) -> Task:
    """The same task with the checks of all exercises of its day, for a worker that does not know yet what it will be asked."""
    day = find_day(task.day)
    return replace(task, checks=tuple(day.checks_of(exercise.name) for exercise in day.exercises))
