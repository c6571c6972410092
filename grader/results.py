"""Plain data of a grading run: verdicts of checks, exercises and days.

Standard library only; everybody may import this module, and it imports nothing of ours but findings and pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any

from grader.findings import OF_RULES, Finding, Kind, finding_from
from grader.pictures import Picture


class Exit(IntEnum):
    """What a command leaves to the shell."""

    DONE = 0  # all that was asked for passed
    UNDONE = 1  # something did not, or was left undone
    USAGE = 2  # asked for in a way that cannot be meant
    FAULT = 3  # the grader's own, or the machine's
    INTERRUPTED = 130  # by Ctrl-C


class Aspect(StrEnum):
    """What a check looks at. The order is the order in which they are judged."""

    CORRECT = "correct"
    JIT = "jit"
    SPEED = "speed"
    DEEPER = "deeper"  # many drawn cases, once all else has passed


FIRST_LOOK = (Aspect.CORRECT, Aspect.JIT, Aspect.SPEED)


class Status(StrEnum):
    """How a check, an exercise or a day ended."""

    PASSED = "passed"
    FAILED = "failed"  # the answer is wrong
    ERROR = "error"  # the learner's code raised
    TODO = "todo"  # still NotImplementedError
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the process ended under the check
    INCONCLUSIVE = "inconclusive"  # a timing that could not be told from noise
    SKIPPED = "skipped"  # hardware or an optional package is not here
    BLOCKED = "blocked"  # an earlier check failed; this one would only repeat it
    FAULT = "fault"  # the grader's own mistake, never the learner's


ACCEPTED = frozenset({Status.PASSED, Status.INCONCLUSIVE, Status.SKIPPED})
_GRAVITY = (
    Status.FAULT,
    Status.CRASHED,
    Status.TIMEOUT,
    Status.ERROR,
    Status.FAILED,
    Status.TODO,
    Status.BLOCKED,
    Status.INCONCLUSIVE,
    Status.PASSED,
    Status.SKIPPED,
)


def summarize(statuses: Iterable[Status]) -> Status:
    """The status of a whole: that of its gravest part. An empty whole is a fault: nobody looked at it."""
    return min(statuses, key=_GRAVITY.index, default=Status.FAULT)


@dataclass(frozen=True, slots=True)
class Speed:
    """A timing against a named baseline. Ratios are baseline time over learner's time; seconds are per call."""

    ratio: float
    low: float
    high: float
    gate: float
    baseline: str
    first_call_s: float
    steady_s: float


@dataclass(frozen=True, slots=True)
class ComparedQuantity:
    """One quantity of both; None where nobody knows. Bytes and seconds where the name says so."""

    quantity: str  # lines, equations, flops, bytes_accessed, temporary_bytes, seconds
    yours: float | None
    reference: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """An exercise that passed beside the reference, on one call."""

    call: str  # softmax(f32[17,33], axis=-1)
    rows: tuple[ComparedQuantity, ...]
    remark: str = ""  # where they differ most, in words; empty when they are alike


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The verdict of one check."""

    name: str
    aspect: Aspect
    status: Status
    seconds: float = 0.0
    finding: Finding | None = None  # none where it passed
    hint: str = ""
    speed: Speed | None = None
    output: str = ""  # what the learner's code printed meanwhile
    details: str = ""  # the whole traceback, for --verbose
    cases: int = 0  # that were drawn and agreed; 0 for a check that draws none

    @property
    def message(self) -> str:
        """The finding in words; empty where there is none."""
        return self.finding.text if self.finding else ""

    @property
    def line(self) -> int | None:
        """The learner's line; None where none is meant."""
        return self.finding.line if self.finding else None

    @property
    def counts_against(self) -> bool:
        """Whether later aspects of the exercise are not worth running."""
        return self.status not in ACCEPTED

    @classmethod
    def not_run(cls, name: str, aspect: Aspect) -> CheckResult:
        """For a check that a run never came to."""
        return cls(name, aspect, Status.BLOCKED, finding=Finding("This check was not run.", Kind.NOT_RUN))


def result_fields(result: CheckResult) -> dict[str, Any]:
    """A check's result as plain fields of an event."""
    return asdict(result)


def result_from(fields: dict[str, Any]) -> CheckResult:
    """The inverse of `result_fields`. Raises KeyError, TypeError or ValueError on anything else.

    In the records of older graders a result has a message and a line in the place of a finding.
    """
    known, speed = dict(fields), fields["speed"]
    words, line = known.pop("message", ""), known.pop("line", None)
    found = known.get("finding") or (words and {"complaint": words, "kind": Kind.OTHER, "line": line})
    return CheckResult(
        **{
            **known,
            "aspect": Aspect(fields["aspect"]),
            "status": Status(fields["status"]),
            "speed": Speed(**speed) if speed else None,
            "finding": finding_from(found) if found else None,
        }
    )


def _leading(checks: Sequence[CheckResult]) -> Status:
    """The first status that is not accepted, as its message is what the learner reads; faults come before all."""
    statuses = [check.status for check in checks]
    if Status.FAULT in statuses:
        return Status.FAULT
    return next((status for status in statuses if status not in ACCEPTED), summarize(statuses))


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """The verdicts of one exercise, in the order in which its checks ran."""

    name: str
    stretch: bool
    checks: tuple[CheckResult, ...]
    whole: bool = True  # whether all its checks were asked for; not so when timing was left out
    comparison: Comparison | None = None  # with the reference, where it was asked for and could be made
    picture: Picture | None = None  # of what it did, where one was asked for and could be made
    not_drawn: str = ""  # why it could not be made, or shows less than it might
    not_compared: str = ""  # why it could not be made, with a traceback where something raised; for --verbose
    begins: int | None = None  # on this line of the learner's file, where that is known

    @property
    def status(self) -> Status:
        return _leading(self.checks)

    def aspect(self, aspect: Aspect) -> Status | None:
        """The status of one aspect; None when the exercise is not judged on it."""
        checks = [check for check in self.checks if check.aspect is aspect]
        return _leading(checks) if checks else None

    @property
    def speed(self) -> Speed | None:
        """The timing that decides: that of a check which did not pass, else the one nearest to its gate."""
        timed = [check for check in self.checks if check.speed]
        failed = [check.speed for check in timed if check.status not in ACCEPTED]
        speeds = failed or [check.speed for check in timed]
        return min(speeds, key=lambda speed: speed.ratio / speed.gate if speed else 0, default=None)

    @property
    def cases(self) -> int:
        """So many drawn cases agreed in the deeper look, all its checks together."""
        return sum(check.cases for check in self.checks if check.aspect is Aspect.DEEPER)

    @property
    def taken_back(self) -> bool:
        """Whether it passed the first look and not the deeper one."""
        return self.lead is not None and self.lead.aspect is Aspect.DEEPER

    def with_deeper_look(self, deeper: ExerciseResult) -> ExerciseResult:
        """A first look with the deeper one that followed it."""
        first = [check for check in self.checks if check.aspect is not Aspect.DEEPER]
        looked = [check for check in deeper.checks if check.aspect is Aspect.DEEPER]
        return replace(self, checks=(*first, *looked))

    @property
    def lead(self) -> CheckResult | None:
        """The first check that is not accepted: what the learner should read first."""
        return next((check for check in self.checks if check.status not in ACCEPTED), None)

    @property
    def other_rules(self) -> list[Finding]:
        """The other rules that it breaks, when the first thing to be told is a broken rule; each of them once."""
        lead = self.lead
        if lead is None or lead.finding is None or lead.finding.kind not in OF_RULES:
            return []
        rules = (check.finding for check in self.checks if check.counts_against and check is not lead)
        return list({rule.kind: rule for rule in rules if rule and rule.kind in OF_RULES}.values())


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a learner's file as a whole, such as an import that fails."""

    finding: Finding
    hint: str = ""

    @property
    def message(self) -> str:
        """The finding in words."""
        return self.finding.text

    @property
    def line(self) -> int | None:
        """The learner's line; None where none is meant."""
        return self.finding.line


@dataclass(frozen=True, slots=True)
class DayResult:
    """The verdicts of one day. A day is done when its core exercises pass and its file has no problems."""

    day: str
    title: str
    file: str
    exercises: tuple[ExerciseResult, ...]
    problems: tuple[Problem, ...] = ()
    output: str = ""  # printed while the file was loaded
    whole: bool = True  # whether all exercises of the day were asked for
    devices: str = ""  # what it ran on, in words; empty when no worker came that far
    # The file's text as it was judged; None when it could not be read.
    source: str | None = None

    @property
    def status(self) -> Status:
        core = [exercise for exercise in self.exercises if not exercise.stretch] or self.exercises
        status = summarize(exercise.status for exercise in core)
        if self.problems and status in ACCEPTED | {Status.TODO}:
            return Status.ERROR
        return status


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run of the grader over one or more days."""

    grader: str
    jax: str
    platform: str
    seed: int
    days: tuple[DayResult, ...]
    faults: tuple[str, ...] = ()  # the grader's own, with tracebacks
    seconds: float = 0.0
    interrupted: bool = False  # by Ctrl-C; what was not judged by then is blocked

    @property
    def exit_status(self) -> Exit:
        """What the run comes to for a shell."""
        if self.interrupted:
            return Exit.INTERRUPTED
        statuses = [day.status for day in self.days]
        checks = [c.status for d in self.days for e in d.exercises for c in e.checks]
        if self.faults or Status.FAULT in statuses or Status.FAULT in checks:
            return Exit.FAULT
        return Exit.DONE if all(status in ACCEPTED for status in statuses) else Exit.UNDONE
