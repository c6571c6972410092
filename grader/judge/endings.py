"""How a worker's process ended, and what verdict that is on the check that it was running."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from grader.findings import Finding, Kind
from grader.machine.pace import NOTHING, Spent
from grader.options import Options
from grader.results import CheckResult, Status
from grader.source.syntax import split_lines
from grader.worker.protocol import Check, Exiting, Job
from grader.worker.too_long import COMPUTES_INSIDE_JAX, too_long

KILLS = 3  # of a worker in the middle of the same check, before the check is taken to be the reason

# What a worker comes to, if not to one of the endings of a process (`signal SIGSEGV`, `exit status 1`).
DONE = "done"  # all is said
RENEW = "renew"  # another worker must go on
FAULT = "fault"  # the grader's own
TIMEOUT = "timeout"
MEMORY = "memory"
FORGED = "forged"  # something came through the pipe that no worker of ours says
SILENT = "silent"  # it lives, and its end of the pipe is closed

# A kill may have come from outside. The last: nobody is left to tell which.
KILLED = frozenset({"signal SIGKILL", "signal SIGTERM", "exit status 255"})


def in_words(exitcode: int | None) -> str:
    """How a process ended, by its exit code; None when it has not ended."""
    if exitcode is None:
        return SILENT
    if exitcode >= 0:
        return f"exit status {exitcode}"
    try:
        return f"signal {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"signal {-exitcode}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How one worker ended, and what it left."""

    how: str
    job: Job
    exiting: Exiting | None = None  # what it said before it called os._exit
    spent: Spent = NOTHING  # by what it was doing when it ended

    @property
    def may_be_chance(self) -> bool:
        """Whether it may have been killed from outside, which is nobody's fault."""
        return self.how in KILLED and not self.exiting

    def last_words(self) -> str:
        """What the interpreter wrote when it crashed."""
        file = self.job.crash_file
        return file.read_text(errors="replace") if file.is_file() else ""

    def line(self) -> int | None:
        """The learner's line at which it ended, where that is known."""
        if self.exiting:
            return self.exiting.line
        learner = re.escape(str(self.job.task.learner))
        place = re.search(rf'File "{learner}", line (\d+)', self.last_words())
        return int(place[1]) if place else None

    def verdict(self, check: Check) -> CheckResult:
        """The verdict on the check that was running."""
        finding, hint = self._found(check, self.job.options)
        return CheckResult(
            check.name,
            check.aspect,
            Status.TIMEOUT if self.how == TIMEOUT else Status.CRASHED,
            finding=finding,
            hint=hint,
            details=self.last_words(),
        )

    def _found(self, check: Check, options: Options) -> tuple[Finding, str]:
        """What happened, and a hint."""
        name, line = check.exercise, self.line()
        source = _source_line(self.job.task.learner, line) if line else None
        if self.how == TIMEOUT:
            told = too_long(self.spent, options.limit(check.patience), computes=COMPUTES_INSIDE_JAX)
            return Finding(f"{told.complaint}.", told.kind, name, line=line), told.hint
        if self.how == MEMORY:
            complaint = f"took more than {options.memory_limit / 2**30:.1f} GiB of memory and was stopped."
            return (
                Finding(complaint, Kind.MEMORY, name, line=line),
                "Which array is that large, and does the task need it at once?",
            )
        if self.how in {FORGED, SILENT}:
            did = "wrote to" if self.how == FORGED else "closed"
            return (
                Finding(
                    f"{did} the pipe on which the grader hears its verdicts.", Kind.FORGED, name, line=line
                ),
                "Leave open files that are not yours alone.",
            )
        if self.exiting:
            complaint = f"ended the whole process with os._exit({self.exiting.code})"
            return (
                Finding(complaint, Kind.EXIT, name, line=line, source=source),
                "Return a result instead; the grader runs your code in its process.",
            )
        if self.how in KILLED:
            complaint, about = f"was killed {KILLS} times ({self.how})", "The process that ran"
            return (
                Finding(complaint, Kind.KILLED, name, about=about, line=line, source=source),
                "Does it kill its own process? The system does, too, when memory runs out.",
            )
        complaint = f"brought the whole process down ({self.how})"
        return (
            Finding(complaint, Kind.CRASH, name, line=line, source=source),
            "The other exercises are graded all the same, in a fresh process.",
        )


def _source_line(file: Path, number: int) -> str:
    try:
        return split_lines(file.read_text(encoding="utf-8", errors="replace"))[number - 1].strip()
    except (OSError, IndexError):
        return ""
