"""Which checks need not run, since an earlier verdict on their exercise says it all."""

from __future__ import annotations

from dataclasses import dataclass

from grader.findings import OF_RULES, Finding, Kind
from grader.results import Aspect, CheckResult, Status


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The first verdict that counts against an exercise. The aspect is None when it no longer matters."""

    status: Status
    aspect: Aspect | None
    by_a_rule: bool = False  # on how the answer is written: what it computes may be right


def spoiled_by(result: CheckResult) -> Spoiled:
    """What a verdict that counts against an exercise means for the checks that follow."""
    rule = result.finding is not None and result.finding.kind in OF_RULES
    return Spoiled(result.status, result.aspect, by_a_rule=rule)


def without_running(name: str, aspect: Aspect, exercise: str, spoiled: Spoiled | None) -> CheckResult | None:
    """The verdict of a check that need not run, since an earlier one says it all; None when it has to run.

    Checks of the same aspect still run after a wrong answer, but not after a stub, a hang or a crash. After a broken rule those
    of the program do, too: the other rules that are broken are named with it.
    """
    if spoiled is None:
        return None
    if spoiled.status is Status.TODO:
        finding = Finding("is still to do.", Kind.NOT_STARTED, exercise)
        return CheckResult(name, aspect, Status.TODO, finding=finding)
    goes_on = spoiled.aspect is aspect or (spoiled.by_a_rule and aspect is Aspect.JIT)
    if spoiled.status in {Status.TIMEOUT, Status.CRASHED} or not goes_on:
        finding = Finding("did not pass.", Kind.NOT_RUN, exercise, about="An earlier check of")
        return CheckResult(name, aspect, Status.BLOCKED, finding=finding)
    return None
