"""The deeper look: cases are drawn from a seed, the one that fails is made small, and neither takes long, whatever the answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grader.findings import Finding, Kind
from grader.kata import catalogue
from grader.record import attempts
from grader.results import Aspect, Status
from grader.toolkit import Draw, Unavailable, bound, cases
from grader.toolkit.cases import Cases, in_many_cases
from grader.toolkit.draws import SMALL
from grader.toolkit.verdicts import NotStarted, RaisedError, TookTooLong, Verdict, WrongAnswer
from tests.conftest import GradeText, exercise
from tests.toolkit_session import learner_of

SIGNATURE = "def f(x: Float[Array, 'n']) -> Float[Array, 'n']: ..."


def verdict_on(tmp_path: Path, body: str, seed: int = 0, **draws: object) -> tuple[Cases, Verdict | None]:
    """What many cases say of `f(x)`, which should give x back."""
    learner, drawn = learner_of(tmp_path, f"def f(x):\n    {body}\n", SIGNATURE), Cases(seed, "f")

    def case(draw: Draw) -> None:
        x = draw.floats((3,), **draws or {"low": -100, "high": 100})  # type: ignore[arg-type]
        learner.f(x).close_to(np.asarray(x, np.float64))

    try:
        drawn.each(case)
    except Verdict as verdict:
        return drawn, verdict
    return drawn, None


# ---- what fails is told small


@pytest.mark.parametrize("seed", range(3))
def test_a_mistake_beyond_a_threshold_is_told_with_a_case_near_it(tmp_path: Path, seed: int) -> None:
    _, verdict = verdict_on(tmp_path, "return jnp.where(x < 37.2, x, x + 1)", seed)
    assert isinstance(verdict, WrongAnswer)
    finding = verdict.finding
    assert finding.call in {"f([38, 0, 0])", "f([0, 38, 0])", "f([0, 0, 38])"}
    assert (finding.expected, finding.got) == ("38", "39")
    assert finding.notes[-1].startswith("The smallest case that the deeper look found.")


def test_magnitudes_shrink_too(tmp_path: Path) -> None:
    body = "return jnp.where(jnp.abs(x) < 0.001, 0.0, x)"
    _, verdict = verdict_on(tmp_path, body, magnitudes=(1e-5, 1e5))
    assert verdict
    assert float(verdict.finding.expected) < 0.001
    assert verdict.finding.differ == 1 or verdict.finding.differ == verdict.finding.of


def test_what_raises_in_some_cases_is_told_with_the_line(tmp_path: Path) -> None:
    _, verdict = verdict_on(tmp_path, "return x if x.max() < 37.2 else undefined")
    assert isinstance(verdict, RaisedError)
    assert verdict.finding.error[0] == "NameError"
    assert "38" in verdict.finding.call
    assert verdict.line


def test_a_mistake_that_shows_once_and_not_again_is_told_all_the_same(tmp_path: Path) -> None:
    body = "f.calls = getattr(f, 'calls', 0) + 1; return x + (f.calls == 9)"
    drawn, verdict = verdict_on(tmp_path, body)
    assert isinstance(verdict, WrongAnswer)
    assert drawn.agreed == 7  # the first call was made twice


def test_a_check_that_stumbles_over_a_smaller_case_is_not_what_is_told() -> None:
    def case(draw: Draw) -> None:
        number = draw.integer(0, 100)
        if number > 50:
            failed.append(number)
            raise RaisedError(_finding(number))
        assert not failed, "the check itself"

    failed: list[int] = []
    with pytest.raises(RaisedError, match="of 51"):
        Cases(0, "f").each(case)

    def stumbling(draw: Draw) -> None:
        assert draw.integer(0, 100) < 0, "the check itself"

    with pytest.raises(AssertionError, match="the check itself"):
        Cases(0, "f").each(stumbling)


def _finding(number: int) -> Finding:
    return Finding(f"of {number}.", Kind.VALUE, "f")


@pytest.mark.parametrize("verdict", [NotStarted("f", 1), Unavailable("no GPU")], ids=["todo", "skipped"])
def test_what_says_nothing_about_a_case_ends_it_at_once(verdict: Verdict) -> None:
    runs = []

    def case(draw: Draw) -> None:
        runs.append(draw.integer(0, 100))
        raise verdict

    with pytest.raises(type(verdict)) as raised:
        Cases(0, "f").each(case)
    assert len(runs) == 1
    assert "deeper" not in raised.value.message


# ---- what is drawn


def values(seed: int, take: Callable[[Draw], object]) -> list[object]:
    found: list[object] = []
    Cases(seed, "f").each(lambda draw: found.append(take(draw)))
    return found


def test_the_seed_of_the_run_says_what_is_drawn() -> None:
    def take(draw: Draw) -> object:
        small, large = draw.floats((2,)), draw.floats((40,), magnitudes=(1e-3, 1e3))
        return np.asarray(small).tolist(), np.asarray(large).tolist(), draw.one_of("a", "b")

    first = values(3, take)
    assert first == values(3, take)
    assert first != values(4, take)
    assert len(first) == cases.CASES
    assert len({str(one) for one in first}) > cases.CASES / 2


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("size", [3, SMALL + 30])
def test_floats_keep_their_dtype_and_their_range(dtype: str, size: int) -> None:
    def take(draw: Draw) -> None:
        between = draw.floats((size,), dtype=dtype, low=0.1, high=0.3)
        sizes = draw.floats((size,), dtype=dtype, magnitudes=(1e-3, 6e4))
        above = draw.floats((size,), dtype=dtype, magnitudes=(1.0, 8.0), low=0)
        special = draw.floats((size,), dtype=dtype, low=-1, high=1, special=(7.0, np.nan))
        assert {x.dtype for x in (between, sizes, above, special)} == {jnp.dtype(dtype)}
        between, sizes, above, special = (np.asarray(x, np.float64) for x in (between, sizes, above, special))
        assert ((between >= 0.1) & (between <= 0.3)).all()
        assert ((abs(sizes) >= 9.9e-4) & (abs(sizes) <= 6.1e4)).all()
        assert ((above >= 1) & (above <= 8)).all()
        assert ((abs(special) <= 1) | (special == 7) | np.isnan(special)).all()
        seen.update(np.sign(sizes), np.unique(special[special == 7]), [np.isnan(special).any()])

    seen: set[object] = set()
    Cases(0, "f").each(take)
    assert seen >= {-1.0, 1.0, 7.0}


@pytest.mark.parametrize(("dtype", "low", "high"), [("int8", -128, 127), ("uint8", 0, 255), ("int32", -5, 3)])
@pytest.mark.parametrize("size", [3, SMALL + 30])
def test_integers_reach_both_ends(dtype: str, low: int, high: int, size: int) -> None:
    seen: set[int] = set()

    def take(draw: Draw) -> None:
        x = draw.integers((size,), low, high, dtype)
        assert x.dtype == jnp.dtype(dtype)
        seen.update(np.asarray(x).ravel().tolist())

    Cases(0, "f").each(take)
    assert (min(seen), max(seen)) == (low, high)


def test_booleans_keys_and_choices_are_of_all_kinds() -> None:
    flags = values(0, lambda draw: np.asarray(draw.booleans((SMALL + 5,))).mean())
    assert {0.0, 1.0} < set(flags)
    assert set(values(0, lambda draw: draw.one_of("a", "b", "c"))) == {"a", "b", "c"}
    keys = values(0, lambda draw: str(jax.random.key_data(draw.key())))
    assert len(set(keys)) > 20


@pytest.mark.parametrize(
    "range_", [{"low": 1.0}, {"low": 2, "high": 1}, {"magnitudes": (0, 1)}, {"magnitudes": (1, 2), "low": 1}]
)
def test_a_range_that_cannot_be_meant_is_refused(range_: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"low|magnitudes"):
        values(0, lambda draw: draw.floats((2,), **range_))  # type: ignore[arg-type]


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values(0, lambda draw: draw.floats((2,)))
    assert list(tmp_path.iterdir()) == []


def test_a_check_without_draw_stays_as_it_is() -> None:
    def once(learner: object) -> None: ...

    assert in_many_cases(once) is once


# ---- neither takes long


class Clock:
    """Stands still but for what is added to it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("which", ["processor_clock", "clock"])
def test_drawing_and_shrinking_end_in_time(monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    clocks = {name: Clock() for name in ("processor_clock", "clock")}
    for name, clock in clocks.items():
        monkeypatch.setattr(bound, name, clock)
    budget = {"processor_clock": 1, "clock": cases.WAITING}[which]
    drawn, failed = Cases(0, "f"), []

    def slow(draw: Draw) -> None:
        draw.integer(0, 10**6)
        clocks[which].now += 0.7

    drawn.each(slow)
    assert drawn.agreed == int(cases.DRAWING * budget / 0.7) + 1

    def wrong(draw: Draw) -> None:
        number = draw.integer(0, 10**9)
        clocks[which].now += 0.7
        if number > 10**6 + 37:
            failed.append(number)
            raise WrongAnswer(_finding(number))

    with pytest.raises(WrongAnswer, match=r"of \d+"):
        Cases(0, "f").each(wrong)
    assert len(failed) <= cases.SHRINKING * budget / 0.7 + 1


def test_what_takes_too_long_in_one_case_is_too_long_unless_another_is_wrong_already() -> None:
    def hangs(draw: Draw) -> None:
        if draw.integer(0, 100) > 30:
            raise TookTooLong

    with pytest.raises(TookTooLong):
        Cases(0, "f").each(hangs)

    def wrong_then_hangs(draw: Draw) -> None:
        number = draw.integer(0, 1000)
        if number > 500:
            failed.append(number)
            raise WrongAnswer(_finding(number))
        if failed:  # a smaller case is tried
            raise TookTooLong

    failed: list[int] = []
    with pytest.raises(WrongAnswer):
        Cases(0, "f").each(wrong_then_hangs)


def test_time_that_runs_out_while_a_case_is_drawn_is_told_as_that() -> None:
    """Hypothesis complains of a case that ends before it is like the others."""
    runs = []

    def late(draw: Draw) -> None:
        runs.append(draw.integer(0, 100))
        if len(runs) > 20:
            raise TookTooLong
        draw.integer(0, 100)

    with pytest.raises(TookTooLong):
        Cases(0, "f").each(late)


# ---- in a worker

SOFTMAX = """
import os
import jax, jax.numpy as jnp
def softmax(x, axis=-1):
    weights = jnp.exp(x - jnp.max(x, axis=axis, keepdims=True))
    right = weights / jnp.sum(weights, axis=axis, keepdims=True)
    if isinstance(x, jax.core.Tracer):
        return right
    {}
    return right
"""
RARE = "if x.shape == (1, 4) and x.min() < x.max():"  # none of the first look's


@pytest.mark.parametrize(
    ("does", "status", "says"),
    [
        ("return right + 1", Status.FAILED, "The smallest case that the deeper look found."),
        ("return [right]", Status.FAILED, "returned the wrong kind of thing"),
        ("return None", Status.FAILED, "Did you forget"),
        ("raise KeyError('no')", Status.ERROR, "KeyError"),
        ("raise SystemExit", Status.ERROR, "SystemExit"),
        ("os._exit(0)", Status.CRASHED, "os._exit(0)"),
        ("while True: pass", Status.TIMEOUT, "computed for 3 s and was stopped at line 10"),
    ],
)
def test_an_answer_that_is_odd_in_some_cases(
    grade_text: GradeText, does: str, status: Status, says: str
) -> None:
    result = grade_text(
        SOFTMAX.format(f"{RARE}\n        {does}"), "day01.softmax", aspects=(Aspect.DEEPER,), check_timeout=3
    )
    (check,) = exercise(result, "softmax").checks
    assert result.faults == ()
    assert (check.status, check.name) == (status, "in_many_cases")
    assert says in f"{check.message}\n{check.hint}"


def test_a_pass_is_taken_back(grade_text: GradeText) -> None:
    wrong = SOFTMAX.format(f"{RARE}\n        return right + 1")
    shallow = exercise(grade_text(wrong, "day01.softmax"), "softmax")
    assert shallow.status is Status.PASSED
    assert shallow.aspect(Aspect.DEEPER) is None
    run = grade_text(wrong, "day01.softmax", aspects=tuple(Aspect))
    both = exercise(run, "softmax")
    assert (both.status, both.taken_back, both.whole) == (Status.FAILED, True, True)
    (attempt,) = attempts.attempts(run)
    assert (attempt.passed, attempt.deeper) == (False, False)


def test_what_fails_the_first_look_is_not_looked_at_deeper(grade_text: GradeText) -> None:
    source = "def softmax(x, axis=-1):\n    return x\n"
    both = exercise(grade_text(source, "day01.softmax", aspects=tuple(Aspect)), "softmax")
    deeper = [check for check in both.checks if check.aspect is Aspect.DEEPER]
    assert [check.status for check in deeper] == [Status.BLOCKED]
    assert both.lead
    assert both.lead.aspect is Aspect.CORRECT


def test_how_many_cases_agree_is_known(grade_text: GradeText) -> None:
    day = catalogue.find_day("day01")
    run = grade_text(day.solution.read_text(encoding="utf-8"), "day01.softmax", aspects=tuple(Aspect))
    both = exercise(run, "softmax")
    assert both.status is Status.PASSED
    assert both.cases > 0
    (attempt,) = attempts.attempts(run)
    assert (attempt.passed, attempt.deeper) == (True, True)
