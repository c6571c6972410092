"""The deeper look's many cases of a check: Hypothesis draws them, and makes the one that fails as small as it can."""

from __future__ import annotations

import functools
import inspect
import os
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from grader.results import Status
from grader.toolkit import bound
from grader.toolkit.draws import Draw
from grader.toolkit.verdicts import TookTooLong, Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

CASES = 80  # of a check, at most
DRAWING = 1.5  # seconds of processor time, after which no further case is drawn
SHRINKING = 2.0  # and after which a case that fails is small enough
# Times as many seconds by the clock on the wall, for an answer that sleeps. Generous: on a busy machine as many cases are drawn.
WAITING = 12

_WRONG = frozenset({Status.FAILED, Status.ERROR})
_Check = TypeVar("_Check", bound=Callable[..., None])


def in_many_cases(function: _Check) -> _Check:
    """The check, run once for each case; as it is where it asks for none."""
    if "draw" not in inspect.signature(function).parameters:
        return function

    @functools.wraps(function)
    def each(*, draw: Cases, **given: Any) -> None:
        draw.each(lambda one: function(**given, draw=one))

    return each  # type: ignore[return-value]


class Cases:
    """The cases of one check, from the run's seed: what the fixture `draw` is until one of them is drawn."""

    def __init__(self, seed: int, check: str) -> None:
        self._seed = (seed << 32) + zlib.crc32(check.encode())
        self.agreed = 0  # so many cases did, before one that did not

    def each(self, body: Callable[[Draw], None]) -> None:
        """Run the body on one case after another; raise what it raised on the smallest case that failed."""
        prepare()
        from hypothesis.errors import UnsatisfiedAssumption

        failures: list[Exception] = []  # each of a smaller case than the one before
        ends: list[BaseException] = []  # what ended it before Hypothesis was done
        spent = _Spent()  # on drawing, then on shrinking

        def one_case(data: DataObject) -> None:
            nonlocal spent
            try:
                if spent.seconds() > (SHRINKING if failures else DRAWING):
                    raise _Enough
                body(Draw(data))
            except UnsatisfiedAssumption:  # how Hypothesis itself gives a case up
                raise
            except Exception as failure:
                if failures and isinstance(failures[-1], Verdict) and not isinstance(failure, Verdict):
                    return  # on a case as small as this one it is the check that stumbles
                spent = spent if failures else _Spent()
                failures.append(failure)
                if isinstance(failure, Verdict) and failure.status not in _WRONG:
                    ends.append(_Enough())  # it says nothing about this case
                    raise ends[-1] from failure
                raise
            except (_Enough, TookTooLong) as end:
                ends.append(end)
                raise
            if not failures:
                self.agreed += 1

        try:
            _with_hypothesis(one_case, self._seed)
        except (Exception, _Enough, TookTooLong) as error:
            # Where there is a failure, what else is said of it does not count. Of a case that was broken off Hypothesis
            # complains, since it is unlike those before it.
            end = ends[0] if ends else error
            if not failures and not isinstance(end, _Enough):
                raise end from None
        if failures:
            raise self._told(failures[-1])

    def _told(self, failure: Exception) -> Exception:
        """The failure, which says that it is one of many cases."""
        if isinstance(failure, Verdict) and failure.status in _WRONG:
            some = "1 case" if self.agreed == 1 else f"{self.agreed} cases"
            before = f" {some} agreed before there was one." if self.agreed else ""
            words = f"The smallest case that the deeper look found.{before}"
            failure.finding = failure.finding.with_note(words)
        return failure


class _Spent:
    """How much time has been spent from now on: what was computed, or a share of what was waited."""

    def __init__(self) -> None:
        self._processor, self._wall = bound.processor_clock(), bound.clock()

    def seconds(self) -> float:
        waited = (bound.clock() - self._wall) / WAITING
        return max(bound.processor_clock() - self._processor, waited)


class _Enough(BaseException):
    """No more cases; no Exception, so that Hypothesis lets it through."""


def prepare() -> None:
    """Import Hypothesis: before any learner's code runs, as with all that judges it."""
    from hypothesis import configuration

    configuration.set_hypothesis_home_dir(os.devnull)  # it need keep nothing, and cannot


def _with_hypothesis(one_case: Callable[[DataObject], None], seed: int) -> None:
    """Run it on many cases, and on smaller and smaller ones once it has raised. Raises what Hypothesis raises."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, Verbosity, strategies

    settings = hypothesis.settings(
        max_examples=CASES,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
    )

    def test(data: DataObject) -> None:
        one_case(data)

    hypothesis.seed(seed)(settings(hypothesis.given(strategies.data())(test)))()
