"""Findings with lines as a cell counts them. Their words say it already; here it is what they hold as data."""

from __future__ import annotations

from dataclasses import replace

from grader.cells import Cell
from grader.findings import Finding
from grader.results import CheckResult, DayResult, Problem, RunResult


def as_the_cell_counts(result: RunResult, above: int) -> RunResult:
    """A run of a text in which so many lines stand above the cell."""
    cell = Cell(above)
    return replace(result, days=tuple(_day(day, cell) for day in result.days))


def _day(day: DayResult, cell: Cell) -> DayResult:
    exercises = tuple(
        replace(one, checks=tuple(_check(check, cell) for check in one.checks)) for one in day.exercises
    )
    problems = tuple(Problem(_finding(one.finding, cell), one.hint) for one in day.problems)
    return replace(day, exercises=exercises, problems=problems)


def _check(check: CheckResult, cell: Cell) -> CheckResult:
    return replace(check, finding=_finding(check.finding, cell)) if check.finding else check


def _finding(finding: Finding, cell: Cell) -> Finding:
    if finding.line is None:
        return finding
    line = cell.line_of(finding.line)
    if line is not None:
        return replace(finding, line=line)
    there = f", in this line:\n  {finding.source.strip()}" if finding.source else "."
    return replace(finding, line=None, source=None, column=None).with_note(
        f"That is in an earlier cell{there}"
    )
