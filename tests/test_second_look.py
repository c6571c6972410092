"""A check that itself stumbles: an odd answer is told as one, a mistake of ours as ours, and a moment's trouble not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from grader.findings import Finding, Kind
from grader.results import Status
from grader.toolkit.verdicts import TookTooLong, WrongAnswer
from grader.worker.second_look import second_look, stumbled
from tests.conftest import GradeText, exercise, told

OURS = KeyError("w")
WRONG = WrongAnswer(Finding("is wrong", Kind.VALUE, "f(x)"))


def raises(error: BaseException | None) -> Callable[[], None]:
    def run() -> None:
        if error:
            raise error

    return run


def test_what_a_check_means_to_raise_is_no_stumbling() -> None:
    assert stumbled(OURS)
    assert not any(map(stumbled, (None, WRONG, TookTooLong(), pytest.skip.Exception("no"))))


@pytest.mark.parametrize("again", [None, WRONG, TookTooLong()])
def test_what_passes_with_the_moment_is_not_told(again: BaseException | None) -> None:
    assert second_look("f", lambda: again, raises(OURS)) is again


@pytest.mark.parametrize("on_the_reference", [ZeroDivisionError(), TookTooLong(), WRONG])
def test_a_check_that_stumbles_over_the_reference_too_is_ours(on_the_reference: BaseException) -> None:
    assert second_look("f", lambda: OURS, raises(on_the_reference)) is OURS


def test_a_check_that_stumbles_over_the_answer_alone_has_found_an_odd_one() -> None:
    odd = second_look("f", lambda: OURS, raises(None))
    assert isinstance(odd, WrongAnswer)
    assert odd.finding.kind is Kind.THING
    assert odd.message.startswith("f gave something that a check cannot look at")
    assert "KeyError: 'w'" in odd.message
    assert odd.__cause__ is OURS


ODD = """
import itertools
import jax.numpy as jnp
_COUNT = itertools.count()

def dp_sgd_gradient(key, loss, params, x, y, clip_norm, noise_multiplier):
    return [None, jnp.zeros(3), jnp.ones(next(_COUNT) % 4)][next(_COUNT) % 3]
"""


def test_an_answer_that_is_something_else_each_time_is_wrong_and_no_fault(grade_text: GradeText) -> None:
    result = grade_text(ODD, "day06.dp_sgd_gradient")
    assert result.faults == ()
    statuses = {check.status for check in exercise(result, "dp_sgd_gradient").checks}
    assert statuses <= {Status.FAILED, Status.ERROR, Status.BLOCKED}, told(result)


def short_limits() -> Iterator[float]:
    limit = 0.0004
    while limit < 0.1:
        yield limit
        limit *= 1.6


def test_the_alarm_rings_in_a_check_or_not_at_all(grade_text: GradeText) -> None:
    """However short the limit: it may ring while pytest sets up, in the check, or while its verdict is sent."""
    source = "import jax.numpy as jnp\ndef softmax(x, axis=-1):\n    return jnp.exp(x)\n"
    for limit in short_limits():
        result = grade_text(source, "day01.softmax", check_timeout=limit)
        assert result.faults == (), told(result)
        assert exercise(result, "softmax").status in {Status.TIMEOUT, Status.FAILED}, told(result)
