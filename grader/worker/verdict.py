"""From what a check raised to its verdict."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest

from grader.results import ACCEPTED, CheckResult, Status
from grader.toolkit.errors import learner_frame
from grader.toolkit.verdicts import TookTooLong, Verdict
from grader.worker.protocol import Check, Job


def judge(result: CheckResult, failure: BaseException | None, check: Check, job: Job) -> CheckResult:
    """The verdict of a check that raised `failure`, or nothing; `result` holds what is known beside it."""
    if failure is None:
        return result
    result = replace(result, details="".join(traceback.format_exception(failure)))
    if isinstance(failure, TookTooLong):
        return _too_long(result, failure, check, job)
    if isinstance(failure, Verdict):
        own = f"{check.hint}\n{failure.also}".rstrip()
        return replace(
            result,
            status=failure.status,
            message=failure.message,
            hint=failure.hint or ("" if failure.status in ACCEPTED | {Status.TODO} else own),
            line=failure.line,
        )
    if isinstance(failure, pytest.skip.Exception):
        return replace(result, status=Status.SKIPPED, message=str(failure), details="")
    return replace(
        result,
        status=Status.FAULT,
        message=f"The check {check.id} itself failed; this is a mistake of the grader, not yours.",
    )


def _too_long(result: CheckResult, failure: TookTooLong, check: Check, job: Job) -> CheckResult:
    frame = learner_frame(failure, job.task.learner)
    where = f", in {failure.call}." if failure.call else "."
    if frame:
        where = f" at line {frame.lineno}\n  {frame.lineno} | {frame.line}"
    return replace(
        result,
        status=Status.TIMEOUT,
        message=f"{check.exercise} was still running after {job.options.limit(check.patience):g} seconds{where}",
        hint="Does a loop have a way to end? Is a long loop written out, so that it takes long to compile? Does it do in "
        "Python what one array operation could do? (--timeout 5 waits less.)",
        line=frame.lineno if frame else None,
    )
