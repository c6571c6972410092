"""From what a check raised to its verdict."""

from __future__ import annotations

import ast
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from grader.findings import Finding, Kind
from grader.results import ACCEPTED, CheckResult, Status
from grader.source.blocks import parsed
from grader.toolkit.conditions import general_hint
from grader.toolkit.errors import learner_frame
from grader.toolkit.verdicts import TookTooLong, Verdict
from grader.worker.protocol import Check, Job
from grader.worker.too_long import too_long

_GRADING = str(Path(__file__).with_name("grading.py"))


def judge(
    result: CheckResult, failure: BaseException | None, check: Check, job: Job, *, went_well: bool
) -> CheckResult:
    """The verdict of a check that raised `failure`, or nothing; `result` holds what is known beside it.

    `went_well`: an earlier check of the exercise has passed.
    """
    if failure is None:
        return result
    result = replace(result, details=traceback_of(failure))
    if isinstance(failure, TookTooLong):
        return _too_long(result, failure, check, job)
    if isinstance(failure, Verdict):
        own = f"{check.hint}\n{failure.also}".rstrip() if failure.takes_the_checks_hint(went_well) else ""
        return replace(
            result,
            status=failure.status,
            finding=failure.finding,
            hint=failure.hint
            or ("" if failure.status in ACCEPTED | {Status.TODO} else own or general_hint(failure.finding)),
        )
    if isinstance(failure, pytest.skip.Exception):
        return replace(
            result, status=Status.SKIPPED, finding=Finding(str(failure), Kind.UNAVAILABLE), details=""
        )
    return replace(
        result,
        status=Status.FAULT,
        finding=Finding(
            f"The check {check.id} itself failed; this is a mistake of the grader, not yours.", Kind.FAULT
        ),
    )


def traceback_of(error: BaseException) -> str:
    """The whole of it, but for the frames of pytest that lead to the check: what is of use comes first."""
    told = traceback.TracebackException.from_exception(error)
    left: list[traceback.TracebackException | None] = [told]
    while left:
        if one := left.pop():
            one.stack[:] = [
                frame for frame in one.stack if not _leads_to_the_check(frame.filename)
            ] or one.stack
            left += [one.__cause__, one.__context__]
    return "".join(told.format())


def _leads_to_the_check(file: str) -> bool:
    return bool({"_pytest", "pluggy"} & set(Path(file).parts)) or file == _GRADING


def _too_long(result: CheckResult, failure: TookTooLong, check: Check, job: Job) -> CheckResult:
    frame = learner_frame(failure, job.task.learner)
    told = too_long(failure.spent, job.options.limit(check.patience))
    complaint = told.complaint
    if not frame:
        complaint += f", in {failure.call}." if failure.call else "."
    finding = Finding(complaint, told.kind, check.exercise)
    if frame:
        finding = replace(finding, line=frame.lineno, source=frame.line)
    loop = _loop_around(job.task.learner, frame.lineno) if frame and frame.lineno else None
    if loop is None or told.kind is not Kind.TIMEOUT:
        return replace(result, status=Status.TIMEOUT, finding=finding, hint=told.hint)
    where = job.options.cell.in_words(loop) if job.options.cell else f"line {loop}"
    finding = replace(finding, cause=f"That is in the Python loop of {where}, which runs round by round.")
    return replace(result, status=Status.TIMEOUT, finding=finding, hint=_LONG_LOOP)


_LONG_LOOP = (
    "How many rounds does it make, and does it have to make them? Under jit each round is written out, which takes long to "
    "trace and to compile. A loop from jax.lax, one array operation, or no walk at all does without."
)


def _loop_around(file: Path, line: int) -> int | None:
    """The line of the outermost Python loop around a line of the learner's; None where there is none."""
    try:
        tree = parsed(file.read_text(encoding="utf-8", errors="replace")).tree
    except OSError:
        return None
    loops = (node for node in ast.walk(tree) if isinstance(node, ast.For | ast.While))
    return min(
        (loop.lineno for loop in loops if loop.lineno <= line <= (loop.end_lineno or loop.lineno)),
        default=None,
    )
