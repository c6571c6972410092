"""When a check itself stumbles: is it the answer, which is too odd to be looked at, or is it our mistake?

The check is run once more, since what a moment brought about passes with it, and then on the reference. A check that
stumbles over the answer twice and over the reference never has found something: an answer that is not what the task
promises. Everything else is the grader's own fault, and is told as that.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader.findings import Finding, Kind, of_error
from grader.toolkit.verdicts import TookTooLong, Verdict, WrongAnswer

_HINT = (
    "Hold the result against the signature and the docstring: what kind of thing it is, which parts it has, of which "
    "shapes. (If you are sure that it is right: --verbose shows where the check stumbled, and that is worth a report.)"
)


def stumbled(failure: BaseException | None) -> bool:
    """Whether a check raised what no check means to raise."""
    return isinstance(failure, Exception) and not isinstance(
        failure, Verdict | TookTooLong | pytest.skip.Exception
    )


def second_look(
    exercise: str, again: Callable[[], BaseException | None], on_the_reference: Callable[[], None]
) -> BaseException | None:
    """What a check that stumbled is taken to have raised. `again` runs it once more and returns what it raises."""
    failure = again()
    if failure is None or not stumbled(failure):
        return failure
    try:
        on_the_reference()
    except BaseException:  # over the reference, too; or there was no time left to see
        return failure
    return _odd_answer(exercise, failure)


def _odd_answer(exercise: str, failure: BaseException) -> WrongAnswer:
    data = of_error(failure)
    cause = f"The check came to grief over it, as it does not over the reference:\n{data['error'][0]}: {data['error_text'][:200]}"
    finding = Finding("gave something that a check cannot look at", Kind.THING, exercise, cause=cause, **data)
    odd = WrongAnswer(finding, hint=_HINT)
    odd.__cause__ = failure
    return odd
