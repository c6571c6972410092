"""Answers on file: wrong ones that must be caught, right ones that must pass.

An answer is a function or a class called `exercise__what_is_special`; statements that follow it, such as the
registration of a class, go with it. A function or class without `__` in its name is there for all answers.
`waves` deals the answers of a day into whole learner's files, one answer an exercise, so that one grading
run judges many of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent


def caught_by(aspect: Literal["correct", "jit", "speed"], check: str) -> Callable[[Any], Any]:
    """Say which check must be the first that a wrong answer does not pass."""
    return lambda function: function


@dataclass(frozen=True)
class Answer:
    """One answer, as source text under its exercise's own name."""

    exercise: str
    label: str  # the name it has on file
    source: str
    aspect: str = ""  # of the check that must catch it
    check: str = ""


def answers(kind: Literal["wrong", "right"], folder: str) -> tuple[str, list[Answer]]:
    """What is there for all answers of a day's file (imports, as a rule), as text, and the answers in it."""
    path = HERE / f"{kind}_answers" / f"{folder}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shared, found = [], []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if getattr(node, "module", "") != "tests.answers":
                shared.append(ast.unparse(node))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and "__" not in node.name:
            shared.append(ast.unparse(node))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(_answer(node))
        elif found:  # a statement after an answer belongs to it: a class is registered by one
            answer, statement = found[-1], _under_its_own_name(node, found[-1].label)
            found[-1] = replace(answer, source=f"{answer.source}\n\n\n{statement}")
    return "\n".join(shared), found


def _answer(node: ast.FunctionDef | ast.ClassDef) -> Answer:
    exercise, _, _ = node.name.partition("__")
    label, aspect, check, kept = node.name, "", "", []
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "caught_by":
            aspect, check = (argument.value for argument in decorator.args)
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


def waves(kind: Literal["wrong", "right"], folder: str) -> list[tuple[str, list[Answer]]]:
    """Learner's files, as text, with the answers in each: the first of every exercise, the second, and so on."""
    shared, found = answers(kind, folder)
    by_exercise: dict[str, list[Answer]] = {}
    for answer in found:
        by_exercise.setdefault(answer.exercise, []).append(answer)
    result = []
    for index in range(max(map(len, by_exercise.values()), default=0)):
        wave = [those[index] for those in by_exercise.values() if index < len(those)]
        result.append(("\n\n\n".join([shared, *(answer.source for answer in wave)]) + "\n", wave))
    return result
