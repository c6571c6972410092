"""From what a check raised to its verdict."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest

from grader.findings import Finding, Kind
from grader.results import ACCEPTED, CheckResult, Status
from grader.toolkit.errors import learner_frame
from grader.toolkit.verdicts import TookTooLong, Verdict
from grader.worker.protocol import Check, Job
from grader.worker.too_long import too_long


def judge(result: CheckResult, failure: BaseException | None, check: Check, job: Job) -> CheckResult:
    """The verdict of a check that raised `failure`, or nothing; `result` holds what is known beside it."""
    if failure is None:
        return result
    result = replace(result, details="".join(traceback.format_exception(failure)))
    if isinstance(failure, TookTooLong):
        return _too_long(result, failure, check, job)
    if isinstance(failure, Verdict):
        own = f"{check.hint}\n{failure.also}".rstrip() if failure.takes_the_checks_hint else ""
        return replace(
            result,
            status=failure.status,
            finding=failure.finding,
            hint=failure.hint or ("" if failure.status in ACCEPTED | {Status.TODO} else own),
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


def _too_long(result: CheckResult, failure: TookTooLong, check: Check, job: Job) -> CheckResult:
    frame = learner_frame(failure, job.task.learner)
    told = too_long(failure.spent, job.options.limit(check.patience))
    complaint = told.complaint
    if not frame:
        complaint += f", in {failure.call}." if failure.call else "."
    finding = Finding(complaint, told.kind, check.exercise)
    if frame:
        finding = replace(finding, line=frame.lineno, source=frame.line)
    return replace(result, status=Status.TIMEOUT, finding=finding, hint=told.hint)
