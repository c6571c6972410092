"""How a check says that it did not pass. Each exception carries what was found, and what to say besides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grader.findings import Finding, Kind
from grader.machine.pace import NOTHING, Spent
from grader.results import Status
from grader.toolkit.conditions import Condition, answered_by_a_check, raised
from grader.toolkit.judged_call import Case


class Verdict(Exception):
    """A check did not pass.

    `finding` says what was called, what was expected and what came; `hint` replaces the check's own hint when it is given,
    `also` follows it.
    """

    status = Status.FAILED
    sure = False  # whether its hint says more than a check's could

    def __init__(self, finding: Finding, *, hint: str | None = None, also: str = "") -> None:
        super().__init__(finding)
        self.finding = finding
        self.hint = hint
        self.also = also
        self.own = False  # whether the check has said that its hint answers this
        # What `try` hands over: the call, what came of it, what was expected; None where there is no such thing.
        self.case: Case | None = None
        self.got: Any = None
        self.expected: Any = None

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """The finding in words."""
        return self.finding.text

    def takes_the_checks_hint(self, went_well: bool) -> bool:
        """Whether the hint of the check may follow: not when there is a better one, or when it would answer something else.

        `went_well`: an earlier check of the exercise has passed.
        """
        return not self.hint and (self.own or answered_by_a_check(self.finding, went_well))

    @property
    def line(self) -> int | None:
        """The learner's line."""
        return self.finding.line


class WrongAnswer(Verdict):
    """The function ran and its answer is wrong."""

    # The arrays that differ: what came, what was expected, and where they do by the check's tolerance (None: throughout).
    compared: tuple[Any, Any, Any] | None = None


class RaisedError(Verdict):
    """The learner's code raised, does not parse, or is not there. `sure` when its hint says more than a check's could."""

    status = Status.ERROR

    def __init__(self, finding: Finding, *, hint: str | None = None, sure: bool = False) -> None:
        super().__init__(finding, hint=hint)
        self.sure = sure


class NotStarted(Verdict):
    """The function is still the stub."""

    status = Status.TODO

    def __init__(self, name: str, line: int | None) -> None:
        super().__init__(Finding("is still to do.", Kind.NOT_STARTED, call=name, line=line))


class Unclear(Verdict):
    """A timing that cannot be told from noise."""

    status = Status.INCONCLUSIVE


class Unavailable(Verdict):
    """The platform, or a package that is not installed, leaves this check without what it needs."""

    status = Status.SKIPPED

    def __init__(self, why: str) -> None:
        super().__init__(Finding(why, Kind.UNAVAILABLE))


class MachineFault(Verdict):
    """The machine is at fault (a full disk): nobody's answer was judged."""

    status = Status.FAULT

    def __init__(self, why: str) -> None:
        super().__init__(Finding(why, Kind.FAULT))


_ANY_ERROR = raised()


@contextmanager
def own_hint(condition: Condition = _ANY_ERROR) -> Iterator[None]:
    """What is found within, and meets the condition, is answered by the check's own hint.

    For checks whose mistake often raises. A misspelt name keeps the hint for misspelt names, a sure lesson its own.
    """
    try:
        yield
    except Verdict as verdict:
        misspelt = verdict.finding.error[:1] == ("NameError",)
        if condition(verdict.finding) and not misspelt and not verdict.sure:
            verdict.hint, verdict.own = None, True
        raise


@contextmanager
def hint_when(condition: Condition, hint: str) -> Iterator[None]:
    """A verdict that comes within, and meets the condition, is answered by this hint."""
    try:
        yield
    except Verdict as verdict:
        if condition(verdict.finding):
            verdict.hint = hint
        raise


@contextmanager
def about(case: Case) -> Iterator[None]:
    """A verdict that comes within is on this call, unless it is on another one."""
    try:
        yield
    except Verdict as verdict:
        verdict.case = verdict.case or case
        raise


class TookTooLong(BaseException):
    """The time limit of a check; no Exception, so that `except Exception` does not swallow it. `spent` is what it took."""

    call = ""  # what was running, where that is known

    def __init__(self, spent: Spent = NOTHING) -> None:
        super().__init__()
        self.spent = spent
