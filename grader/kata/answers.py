"""Answers on file, with which the checks are tried: wrong ones that must be caught, right ones that must pass.

They lie in each exercise's folder, and are read by syntax alone. An answer is a function or a class called
`exercise__what_is_special`; statements that follow it, such as the registration of a class, go with it. A function or
class without `__` in its name is there for all answers of the file. `waves` deals the answers of a day into whole
learner's files, one answer an exercise, so that one grading run judges many of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from grader.kata.catalogue import Day
from grader.source.syntax import Definition

Kind = Literal["wrong", "right"]


def caught_by(aspect: Literal["correct", "jit", "speed", "deeper"], check: str) -> Callable[[Any], Any]:
    """Say which check must be the first that a wrong answer does not pass."""
    return lambda function: function


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as source text under its exercise's own name."""

    exercise: str
    label: str  # the name it has on file
    source: str
    aspect: str = ""  # of the check that must catch it
    check: str = ""
    needs: tuple[str, ...] = ()  # what its file has for all answers, as source text: imports, as a rule


def answers(kind: Kind, day: Day) -> list[Answer]:
    """All answers of a day, in the order of its exercises."""
    return [answer for exercise in day.exercises for answer in answers_of(kind, day, exercise.name)]


def answers_of(kind: Kind, day: Day, exercise: str) -> list[Answer]:
    """The answers of one exercise, in the order of its file. Raises OSError when that is not there, and ValueError when
    it holds what is no answer to this exercise."""
    path = day.folder_of(exercise) / f"{kind}_answers.py"
    found = answers_in(path.read_text(encoding="utf-8"))
    strange = [answer.label for answer in found if answer.exercise != exercise]
    if strange:
        raise ValueError(f"{path}: {strange[0]} is no answer to {exercise}")
    return found


def answers_in(text: str) -> list[Answer]:
    """The answers that a file's text holds, in their order. Raises SyntaxError."""
    needs: list[str] = []
    found: list[Answer] = []
    body = ast.parse(text).body
    for node in body:
        if node is body[0] and isinstance(node, ast.Expr):
            continue  # the docstring is for readers
        if isinstance(node, ast.Import | ast.ImportFrom):
            if getattr(node, "module", "") != __name__:
                needs.append(ast.unparse(node))
        elif isinstance(node, Definition) and "__" not in node.name.strip("_"):
            needs.append(ast.unparse(node))
        elif isinstance(node, Definition):
            found.append(_answer(node))
        elif found:  # a statement after an answer belongs to it: a class is registered by one
            answer, statement = found[-1], _under_its_own_name(node, found[-1].label)
            found[-1] = replace(answer, source=f"{answer.source}\n\n\n{statement}")
        elif not isinstance(node, ast.Expr):  # a constant that all answers use
            needs.append(ast.unparse(node))
    return [replace(answer, needs=tuple(needs)) for answer in found]


def _answer(node: Definition) -> Answer:
    exercise, _, _ = node.name.partition("__")
    label, aspect, check, kept = node.name, "", "", []
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "caught_by":
            aspect, check = (ast.literal_eval(argument) for argument in decorator.args)
        else:
            kept.append(decorator)
    node.decorator_list = kept
    node.name = exercise
    return Answer(exercise, label, _under_its_own_name(node, label), aspect, check)


def _under_its_own_name(node: ast.stmt, label: str) -> str:
    """Source text in which an answer calls itself by its exercise's name."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == label:
            inner.id = label.partition("__")[0]
    return ast.unparse(node)


def waves(kind: Kind, day: Day) -> list[tuple[str, list[Answer]]]:
    """Learner's files, as text, with the answers in each: the first of every exercise, the second, and so on."""
    by_exercise = [answers_of(kind, day, exercise.name) for exercise in day.exercises]
    deals = [
        [those[index] for those in by_exercise if index < len(those)]
        for index in range(max(map(len, by_exercise), default=0))
    ]
    return [(learners_file(deal), deal) for deal in deals]


def learners_file(deal: Sequence[Answer]) -> str:
    """The text of a learner's file that holds these answers, of different exercises."""
    needs = dict.fromkeys(text for answer in deal for text in answer.needs)
    return "\n\n\n".join(["\n".join(needs), *(answer.source for answer in deal)]) + "\n"
