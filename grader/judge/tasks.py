"""What a batch is asked to judge: which checks, which exercises, on what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader.kata.catalogue import DAYS, SOLUTIONS, Day, Selection, find_day
from grader.results import Aspect
from grader.worker.protocol import Task


def task_of(
    selection: Selection,
    file: Path,
    aspects: tuple[Aspect, ...],
    exercises: tuple[str, ...] | None = None,
    *,
    text: str | None = None,
    deeper: bool = False,
) -> Task:
    """All exercises of a selection in a learner's file, or some of them, on some aspects.

    `text` is the file's, as it is to be judged; without it each worker reads the file. `deeper` for a run that takes the
    deeper look, too: then its checks are known from the beginning.
    """
    day = selection.day
    names = tuple(one.name for one in selection.exercises) if exercises is None else exercises
    return Task(
        day=day.key,
        checks=_checks(day, names, deeper=deeper),
        solution=day.solution,
        learner=file,
        hidden=(SOLUTIONS, DAYS),
        exercises=names,
        aspects=aspects,
        text=text,
    )


def with_the_whole_day(task: Task) -> Task:
    """The same task with the checks of all exercises of its day, for a worker that does not know yet what it will be asked."""
    day = find_day(task.day)
    deeper = any(file == day.deeper_of(file.parent.name) for file in task.checks)
    names = tuple(exercise.name for exercise in day.exercises)
    return replace(task, checks=_checks(day, names, deeper=deeper))


def _checks(day: Day, names: tuple[str, ...], *, deeper: bool) -> tuple[Path, ...]:
    """The files of an exercise's checks lie one behind the other."""
    found = []
    for name in names:
        found.append(day.checks_of(name))
        if deeper and day.has_deeper_look(name):
            found.append(day.deeper_of(name))
    return tuple(found)
