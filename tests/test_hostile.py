"""Hostile and broken submissions: each gets the verdict that its own file names, in every exercise.

An entry of `tests/hostile/` is a template: EXERCISE, PARAMETERS and ARGUMENTS stand for an exercise's name, parameters and
arguments, RIGHT for the reference solution under another name, FOLDER and STEM for the day's folder and file. Its docstring
says what it does and holds lines `key: value`:

    expected   the statuses that the exercise may get
    says       a pattern that the message must hold
    problem    a pattern that a problem of the file must hold
    exercises  how many exercises of day 1 are tried; else two of three days that the entry's name
               chooses, or all of all days with KATA_WHOLE=1
    limit      what would stop it: a known limit of a grader that shares a process with what it grades
"""

from __future__ import annotations

import ast
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.judge import processes, runner
from grader.kata import catalogue
from grader.options import UNTIMED, Options
from grader.results import ACCEPTED, RunResult, Status
from tests import sampling
from tests.conftest import told

DAYS = catalogue.days()
ENTRIES = sorted((Path(__file__).parent / "hostile").glob("*.py"))


def facts_of(entry: Path) -> dict[str, str]:
    """The `key: value` lines of an entry's docstring."""
    text = ast.get_docstring(ast.parse(entry.read_text(encoding="utf-8"))) or ""
    return dict(re.findall(r"^(\w+): +(.+)$", text, re.MULTILINE))


def submission(entry: Path, day: catalogue.Day, exercises: tuple[catalogue.Exercise, ...]) -> str:
    """An entry as a learner's file: its top level once, its function for each exercise."""
    text = entry.read_text(encoding="utf-8")
    solution = ast.parse(day.solution.read_text(encoding="utf-8"))
    names = {exercise.name for exercise in day.exercises}
    imports = [
        ast.unparse(node)
        for node in solution.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.ClassDef) and node.name not in names)  # what is given
    ]
    functions = {node.name: node for node in solution.body if isinstance(node, ast.FunctionDef)}
    template = ast.parse(text)
    parts = imports
    for node in template.body:
        source = ast.unparse(node)
        if "EXERCISE" not in source and "FOLDER" not in source:
            parts.append(source)
    for exercise in exercises:
        function = functions[exercise.name]
        right = ast.unparse(function).replace(f"def {exercise.name}(", f"def right_{exercise.name}(", 1)
        parameters = ast.unparse(_bare(function.args))
        names = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
        words = {
            "EXERCISE": exercise.name,
            "PARAMETERS": parameters,
            "ARGUMENTS": ", ".join(names),
            "RIGHT": f"right_{exercise.name}",
            "FOLDER": day.folder,
            "STEM": day.stem,
        }
        if re.search(r"\bRIGHT\b", text):
            parts.append(right)
        for node in template.body:
            source = ast.unparse(node)
            if "EXERCISE" in source or "FOLDER" in source:
                parts.append(
                    re.sub(r"\b(" + "|".join(words) + r")\b", lambda match, w=words: w[match[0]], source)
                )
    return "\n\n".join(parts) + "\n"


def _bare(arguments: ast.arguments) -> ast.arguments:
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    return arguments


def _days_in_turn(entry: Path) -> tuple[catalogue.Day, ...]:
    """Three days, by the entry's name: a new entry moves no other, and the corpus as a whole tries every day."""
    start = zlib.crc32(entry.stem.encode())
    return tuple(dict.fromkeys(DAYS[(start + step * len(DAYS) // 3) % len(DAYS)] for step in range(3)))


def _functions(day: catalogue.Day) -> tuple[catalogue.Exercise, ...]:
    """The exercises that are functions: the templates are."""
    tree = ast.parse(day.solution.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return tuple(exercise for exercise in day.exercises if exercise.name in names)


def grade_entry(entry: Path, workers: processes.Workers, tree: Path) -> RunResult:
    facts = facts_of(entry)
    each, days = int(facts.get("exercises", 2)), _days_in_turn(entry)
    if "exercises" in facts:
        days = DAYS[:1]
    elif sampling.whole():
        each, days = sys.maxsize, DAYS
    selections = [catalogue.Selection(day, _functions(day)[:each]) for day in days]
    for selection in selections:
        file = selection.day.file_in(tree)
        file.parent.mkdir(parents=True)
        file.write_text(submission(entry, selection.day, selection.exercises), encoding="utf-8")
    return runner.grade(
        selections,
        tree,
        workers,
        Options(seed=3, aspects=UNTIMED, check_timeout=8.0, memory_limit=2**30, parallel=2),
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_each_submission_gets_the_verdict_it_must(
    entry: Path,
    workers: processes.Workers,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> None:
    facts = facts_of(entry)
    expected = set(facts["expected"].split())
    result = grade_entry(entry, workers, tmp_path)
    got = {f"{d.day}.{e.name}": e.status.value for d in result.days for e in d.exercises}
    summary = ", ".join(
        f"{status} {list(got.values()).count(status)}" for status in sorted(set(got.values()))
    )
    record_property("hostile", f"{entry.stem:<40} {facts['expected']:<24} {summary}")
    if "limit" in facts:
        request.node.add_marker(pytest.mark.xfail(reason=facts["limit"], strict=True))
    assert result.faults == ()
    unexpected = {name: status for name, status in got.items() if status not in expected}
    assert unexpected == {}, told(result)
    for day in result.days:
        if "problem" in facts:
            assert any(re.search(facts["problem"], problem.message) for problem in day.problems), day.problems
        for exercise in day.exercises:
            lead = exercise.lead
            if lead and "says" in facts:
                assert re.search(facts["says"], lead.message), f"{exercise.name}: {lead.message}"
            if lead:
                assert lead.message
    if expected != {Status.PASSED.value} or "problem" in facts:
        assert result.exit_status == 1
    else:
        assert all(Status(status) in ACCEPTED for status in got.values())


def test_the_corpus_is_large_and_its_limits_are_few() -> None:
    facts = [facts_of(entry) for entry in ENTRIES]
    assert len(facts) >= 45
    assert all(set(fact["expected"].split()) <= {status.value for status in Status} for fact in facts)
    assert sum("limit" in fact for fact in facts) <= 5


def test_the_corpus_tries_every_day() -> None:
    tried = {day for entry in ENTRIES if "exercises" not in facts_of(entry) for day in _days_in_turn(entry)}
    assert tried == set(DAYS)
