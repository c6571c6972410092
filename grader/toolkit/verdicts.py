"""How a check says that it did not pass. Each exception carries what the learner reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grader.results import Status


class Verdict(Exception):
    """A check did not pass.

    `message` says what was called, what was expected and what came; `hint` replaces the check's own
    hint when it is given, `also` follows it; `line` is the learner's.
    """

    status = Status.FAILED

    def __init__(
        self, message: str, *, hint: str | None = None, also: str = "", line: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.also = also
        self.line = line


class WrongAnswer(Verdict):
    """The function ran and its answer is wrong."""


class RaisedError(Verdict):
    """The learner's code raised, does not parse, or is not there. `sure` when its hint says more than a check's could."""

    status = Status.ERROR
    sure = False


class NotStarted(Verdict):
    """The function is still the stub."""

    status = Status.TODO


class Unclear(Verdict):
    """A timing that cannot be told from noise."""

    status = Status.INCONCLUSIVE


class Unavailable(Verdict):
    """The platform, or a package that is not installed, leaves this check without what it needs."""

    status = Status.SKIPPED


class MachineFault(Verdict):
    """The machine is at fault (a full disk): nobody's answer was judged."""

    status = Status.FAULT


@contextmanager
def own_hint(words: str = "") -> Iterator[None]:
    """What is raised within, with these words in its message, is answered by the check's own hint.

    For checks whose mistake often raises. A misspelt name keeps the hint for misspelt names, a sure lesson its own.
    """
    try:
        yield
    except RaisedError as error:
        if words in error.message and "raised NameError" not in error.message and not error.sure:
            error.hint = None
        raise


@contextmanager
def hint_when(words: str, hint: str) -> Iterator[None]:
    """What is raised within, with these words in its message, is answered by this hint."""
    try:
        yield
    except Verdict as verdict:
        if words in verdict.message:
            verdict.hint = hint
        raise


class TookTooLong(BaseException):
    """The time limit of a check; no Exception, so that `except Exception` does not swallow it."""

    call = ""  # what was running, where that is known
