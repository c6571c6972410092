"""Answers tried on the checks of an exercise, and what caught each: those on file, or anybody's."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.judge import runner
from grader.judge.processes import Workers
from grader.kata import catalogue
from grader.kata.answers import Answer, answers_in
from grader.kata.catalogue import Day
from grader.options import Options
from grader.results import FIRST_LOOK, Aspect, ExerciseResult, RunResult


def grade_text(
    workers: Workers,
    day: Day,
    text: str,
    names: Sequence[str],
    *,
    seed: int = 0,
    aspects: tuple[Aspect, ...] = FIRST_LOOK,
) -> RunResult:
    """Grade a text as the learner's file of a day, on some of its exercises."""
    selections = catalogue.select([f"{day.folder}.{name}" for name in names])
    with tempfile.TemporaryDirectory() as tree:
        file = day.file_in(Path(tree))
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        # One worker: several trials run at once, and each worker compiles what another has compiled already.
        return runner.grade(selections, Path(tree), workers, Options(seed=seed, parallel=1, aspects=aspects))


def aspects_for(answers: Iterable[Answer]) -> tuple[Aspect, ...]:
    """The first look; and the deeper one, where a wrong answer says that only that can catch it."""
    deeper = any(answer.aspect == Aspect.DEEPER for answer in answers)
    return (*FIRST_LOOK, Aspect.DEEPER) if deeper else FIRST_LOOK


def answers_of_file(file: Path, exercise: str) -> list[Answer]:
    """What a file holds for an exercise: answers called `exercise__label`, or the exercise itself with all beside it.

    Raises OSError, SyntaxError, or ValueError when it holds neither.
    """
    text = file.read_text(encoding="utf-8")
    found = [answer for answer in answers_in(text) if answer.exercise == exercise]
    if found:
        return found
    if all(getattr(node, "name", "") != exercise for node in ast.parse(text).body):
        raise ValueError(f"{file} holds no {exercise} and no {exercise}__label")
    return [Answer(exercise, exercise, text)]


def caught_by(result: ExerciseResult) -> tuple[str, str]:
    """(aspect, name) of the check that an answer did not pass first; two empty texts when it passed all."""
    return (result.lead.aspect.value, result.lead.name) if result.lead else ("", "")
