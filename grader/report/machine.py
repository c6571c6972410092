"""Results for machines: one JSON document, or JUnit XML."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from grader.report.text import printable
from grader.results import CheckResult, DayResult, Problem, RunResult, Status

SCHEMA = 2

_SKIPPED = frozenset({Status.TODO, Status.SKIPPED, Status.BLOCKED, Status.INCONCLUSIVE})


def as_json(result: RunResult) -> str:
    """The document described by `schema.json` beside this file, as text."""
    return json.dumps(document(result), indent=2) + "\n"


def document(result: RunResult) -> dict[str, Any]:
    """The document described by `schema.json` beside this file."""
    return {
        "schema": SCHEMA,
        "grader": result.grader,
        "jax": result.jax,
        "platform": result.platform,
        "seed": result.seed,
        "seconds": round(result.seconds, 3),
        "faults": list(result.faults),
        "days": [_day(day) for day in result.days],
    }


def _day(day: DayResult) -> dict[str, Any]:
    return {
        "day": day.day,
        "title": day.title,
        "status": day.status.value,
        "devices": day.devices,
        "problems": [_problem(problem) for problem in day.problems],
        "exercises": [
            {
                "name": exercise.name,
                "stretch": exercise.stretch,
                "status": exercise.status.value,
                "checks": [_check(check) for check in exercise.checks],
                "comparison": asdict(exercise.comparison) if exercise.comparison else None,
            }
            for exercise in day.exercises
        ],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "message": problem.message,
        "finding": asdict(problem.finding),
        "hint": problem.hint,
        "line": problem.line,
    }


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "aspect": check.aspect.value,
        "status": check.status.value,
        "seconds": round(check.seconds, 4),
        "message": check.message,
        "finding": asdict(check.finding) if check.finding else None,
        "hint": check.hint,
        "line": check.line,
        "speed": asdict(check.speed) if check.speed else None,
        "output": check.output,
        "cases": check.cases,
    }


def as_junit(result: RunResult) -> str:
    """A test suite a day, a test case a check: what classroom tools and build servers read.

    Wrong answers are failures; what raised, hung or crashed is an error; todo and blocked are skipped.
    """
    root = ElementTree.Element("testsuites", name="jax-kata", time=f"{result.seconds:.3f}")
    for day in result.days:
        suite = ElementTree.SubElement(root, "testsuite", name=day.day)
        counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for exercise in day.exercises:
            for check in exercise.checks:
                counts["tests"] += 1
                case = ElementTree.SubElement(
                    suite,
                    "testcase",
                    classname=f"{day.day}.{exercise.name}",
                    name=f"{check.aspect.value}: {check.name}",
                    time=f"{check.seconds:.3f}",
                )
                if check.status is Status.PASSED:
                    continue
                kind = "skipped" if check.status in _SKIPPED else "failure"
                kind = "error" if kind == "failure" and check.status is not Status.FAILED else kind
                counts[{"skipped": "skipped", "failure": "failures", "error": "errors"}[kind]] += 1
                head = printable(check.finding.head) if check.finding else ""
                node = ElementTree.SubElement(case, kind, message=head, type=check.status.value)
                node.text = printable(check.message) + (
                    f"\n\nhint: {printable(check.hint)}" if check.hint else ""
                )
        for problem in day.problems:
            counts["tests"] += 1
            counts["errors"] += 1
            case = ElementTree.SubElement(suite, "testcase", classname=day.day, name="file")
            ElementTree.SubElement(case, "error", message=printable(problem.finding.head))
        suite.attrib.update({name: str(count) for name, count in counts.items()})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
