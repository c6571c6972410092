"""What kind of wrong a value is: the pattern that fits it is told, and none where it might be an accident."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from grader.diagnoses import Diagnosis, Pattern
from grader.findings import Finding, Kind, finding_from
from grader.toolkit import hint_when, looks_like, own_hint
from grader.toolkit.conditions import general_hint
from grader.toolkit.diagnosis import diagnose
from grader.toolkit.verdicts import RaisedError, Verdict, WrongAnswer
from tests.toolkit_session import learner_of

DRAWN = np.random.default_rng(0)
LINE = DRAWN.normal(size=9) + 4.0
TABLE = DRAWN.normal(size=(5, 5)) + 3.0
WIDE = DRAWN.normal(size=(4, 6))
COUNTS = np.array([3, 1, 4, 1, 5, 9, 2, 6])
FLAGS = DRAWN.random((5, 4)) < 0.5


def but(array: np.ndarray[Any, Any], *places: Any) -> np.ndarray[Any, Any]:
    """The array with other numbers in some places."""
    changed = array.copy()
    for place in places:
        changed[place] += 1.0 + np.arange(changed[place].size).reshape(np.shape(changed[place])) / 7
    return changed


# what came, what was expected, the diagnosis
SEEN = {
    "opposite": (-LINE, LINE, Diagnosis(Pattern.SIGN)),
    "opposite flags": (~FLAGS, FLAGS, Diagnosis(Pattern.SIGN)),
    "transposed": (TABLE.T, TABLE, Diagnosis(Pattern.TRANSPOSED)),
    "transposed, of another shape": (WIDE.T, WIDE, Diagnosis(Pattern.TRANSPOSED)),
    "an axis too many": (LINE[:, None], LINE, Diagnosis(Pattern.AXES, name=": it has an axis of 1 too many")),
    "flattened": (WIDE.ravel(), WIDE, Diagnosis(Pattern.AXES)),
    "reversed": (LINE[::-1], LINE, Diagnosis(Pattern.REVERSED)),
    "reversed along an axis": (TABLE[:, ::-1], TABLE, Diagnosis(Pattern.REVERSED, axis=1)),
    "rolled": (np.roll(LINE, 1), LINE, Diagnosis(Pattern.ROLLED, by=1)),
    "rolled the other way": (np.roll(WIDE, -1, 0), WIDE, Diagnosis(Pattern.ROLLED, axis=0, by=-1)),
    "shifted, zeros come in": (np.r_[0.0, LINE[:-1]], LINE, Diagnosis(Pattern.SHIFTED, by=1)),
    "rows in another order": (WIDE[[2, 0, 3, 1]], WIDE, Diagnosis(Pattern.PERMUTED, axis=0)),
    "sorted": (np.sort(LINE), LINE, Diagnosis(Pattern.PERMUTED, name=": sorted")),
    "twice": (2 * LINE, LINE, Diagnosis(Pattern.FACTOR, by=2.0, name="2")),
    "log 2": (np.log(2) * LINE, LINE, Diagnosis(Pattern.FACTOR, by=np.log(2), name="log 2")),
    "a factor without a name": (1.37 * LINE, LINE, Diagnosis(Pattern.FACTOR, by=1.37)),
    "ddof": (1.25 * LINE, LINE, Diagnosis(Pattern.FACTOR, by=1.25, name="n/(n-1)", count=5)),
    "a sum for a mean": (17 * LINE, LINE, Diagnosis(Pattern.FACTOR, by=17.0, name="n", count=17)),
    "a deviation with ddof": (LINE * np.sqrt(17 / 16), LINE, Diagnosis(Pattern.FACTOR, name="sqrt n/(n-1)", count=17)),
    "an offset": (LINE + 0.5, LINE, Diagnosis(Pattern.OFFSET, by=0.5)),
    "counts off by one": (COUNTS - 1, COUNTS, Diagnosis(Pattern.OFFSET, by=-1.0)),
    "rows not normalised": (WIDE * np.array([[2.0], [3], [5], [7]]), WIDE, Diagnosis(Pattern.FACTORS, axis=1)),
    "rows not centred": (WIDE + np.array([[2.0], [3], [5], [7]]), WIDE, Diagnosis(Pattern.OFFSETS, axis=1)),
    "zeros": (0 * LINE, LINE, Diagnosis(Pattern.ZERO)),
    "nan": (np.nan * LINE, LINE, Diagnosis(Pattern.NAN)),
    "some nan": (np.where(LINE > 4, np.nan, LINE), LINE, Diagnosis(Pattern.NAN, count=int((LINE > 4).sum()))),
    "infinite": (np.inf * LINE, LINE, Diagnosis(Pattern.INFINITE)),
    "exponentiated": (np.exp(LINE), LINE, Diagnosis(Pattern.FUNCTION, name="exponential")),
    "a logarithm": (np.log(LINE), LINE, Diagnosis(Pattern.FUNCTION, name="logarithm")),
    "squared": (LINE**2, LINE, Diagnosis(Pattern.FUNCTION, name="square")),
    "rooted": (np.sqrt(LINE), LINE, Diagnosis(Pattern.FUNCTION, name="square root")),
    "added up": (np.cumsum(LINE), LINE, Diagnosis(Pattern.FUNCTION, name="cumulative sum")),
    "added up along an axis": (np.cumsum(WIDE, 0), WIDE, Diagnosis(Pattern.FUNCTION, axis=0, name="cumulative sum")),
    "clipped": (np.clip(LINE, None, 4), LINE, Diagnosis(Pattern.CLIPPED, name="at most 4")),
    "wrapped": (
        np.array([44, 7, 44, 3]), np.array([300, 7, 300, 3]), Diagnosis(Pattern.WRAPPED, name="int8", count=256),
    ),
    "bfloat16": (LINE.astype(jnp.bfloat16).astype(float), LINE, Diagnosis(Pattern.ROUNDED, name="bf16")),
    "float16": (LINE.astype(np.float16).astype(float), LINE, Diagnosis(Pattern.ROUNDED, name="f16")),
    "whole numbers": (np.trunc(LINE), LINE, Diagnosis(Pattern.ROUNDED, name="truncation to whole numbers")),
    "nearly": (LINE * (1 + 0.002 * np.sin(np.arange(9))), LINE, Diagnosis(Pattern.NEARLY, name="0.2 %")),
    "a factor of nearly 1": (0.9998 * LINE[:3], LINE[:3], Diagnosis(Pattern.NEARLY, name="0.02 %")),
    "the last": (but(LINE, -1), LINE, Diagnosis(Pattern.LAST_WRONG)),
    "the last column": (but(WIDE, np.s_[:, -1]), WIDE, Diagnosis(Pattern.LAST_WRONG, axis=1)),
    "the first": (but(LINE, 0), LINE, Diagnosis(Pattern.FIRST_WRONG)),
    "the first three right": (but(LINE, slice(3, None)), LINE, Diagnosis(Pattern.FIRST_RIGHT, count=3)),
    "both ends": (but(LINE, 0, -1), LINE, Diagnosis(Pattern.BORDERS_WRONG)),
    "the border": (but(TABLE, 0, -1, (slice(1, -1), 0)), TABLE, Diagnosis(Pattern.BORDERS_WRONG)),
    "one number, and twice of it": (np.array(0.4894), np.array(0.2447), Diagnosis(Pattern.FACTOR, by=2.0, name="2")),
    "one number, and its root": (np.array(0.2447**0.5), np.array(0.2447), Diagnosis(Pattern.FUNCTION, name="square root")),
}  # fmt: skip

# What might be an accident, or fits nothing.
UNSEEN = {
    "one round number": (np.array(4.0), np.array(2.0)),
    "two numbers in the other order": (np.array([2.0, 1.0]), np.array([1.0, 2.0])),
    "a factor that one entry breaks": (but(2 * LINE, 4), LINE),
    "few flags": (np.array([True, False, False]), np.array([False, True, False])),
    "numbers of their own": (DRAWN.normal(size=9), LINE),
    "counts in any order": (np.array([1, 2, 2, 1]), np.array([2, 1, 1, 2])),
    "one number with a factor that means nothing": (np.array(0.3), np.array(0.2447)),
    "quarters that became 0": (
        np.array([4.0, 1, 0, 0, 0, 0, 0, 0]),
        np.array([4, 1, 0, 0.25, 0.25, 0.0625, 0, 0.015625]),
    ),
    "columns of two by two": (np.array([[2, 1], [4, 3]]), np.array([[3, 4], [1, 2]])),
    "the first of four that were chosen": (
        np.array([6.0, 0.125, 2.0, 0.5]),
        np.array([4.0, 0.125, 2.0, 0.5]),
    ),
    "everywhere the same number": (np.full(9, 0.7), np.full(9, 0.3)),
}


@pytest.mark.parametrize("which", SEEN)
def test_the_pattern_that_fits_is_seen(which: str) -> None:
    got, expected, told = SEEN[which]
    seen = diagnose(got, expected, sizes=[5, 17])
    assert seen is not None
    assert (seen.pattern, seen.axis, seen.name, seen.count) == (
        told.pattern,
        told.axis,
        told.name,
        told.count,
    )
    if told.by is not None:
        assert seen.by == pytest.approx(told.by)


# What a pattern takes for nothing and the check does not: small numbers beside large ones, and differences that are few
# roundings. What came, what was expected; `equals` calls wrong whatever differs.
TOO_SMALL = {
    "a small row lost in an order": (
        np.array([[2.5e-9, 1e-9], [0.3, 0.2], [0.7, 0.4]]),
        np.array([[2.5e-21, 1e-21], [0.3, 0.2], [0.7, 0.4]]),
    ),
    "small numbers lost in a sum": (np.array([0.0, 3e10, 2e10, 0.0]), np.array([757.9, 3e10, 2e10, 21.5])),
    "a bend taken for a line": (np.array([8.1, 10.5, 12.0]), np.array([8.1, 10.50003, 12.0])),
    "a whole number beside a large one": (np.array([1.0, 8388609, -12345679]), np.array([0.0, 8388609, -12345679])),
    "a factor that small numbers do not have": (np.array([2147483648.0, -2147483648, 2, 4]), np.array([3e9, -3e9, 2, 4])),
    "infinite, and a small one lost": (np.array([np.inf, 0.0, 0.0, 0.7]), np.array([100.0, 0.0, 2e-9, 0.7])),
}  # fmt: skip


@pytest.mark.parametrize("which", TOO_SMALL)
def test_what_a_pattern_is_too_coarse_for_is_not_told(which: str) -> None:
    got, expected = TOO_SMALL[which]
    assert diagnose(got, expected, differs=got != expected) is None


@pytest.mark.parametrize("which", UNSEEN)
def test_what_may_be_an_accident_is_not_told(which: str) -> None:
    assert diagnose(*UNSEEN[which], sizes=[5, 17]) is None


def test_numbers_drawn_at_random_follow_no_pattern() -> None:
    draw = np.random.default_rng(1)
    for shape in [(3,), (4,), (2, 3), (7,), (3, 3), (5, 4)] * 20:
        assert diagnose(draw.normal(size=shape), draw.normal(size=shape), sizes=[*shape, 17]) is None


def test_every_pattern_is_told_in_a_sentence() -> None:
    for pattern in Pattern:
        text = Diagnosis(pattern, axis=1, by=2.0, name="n", count=3).text
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text


def test_a_diagnosis_survives_json() -> None:
    finding = Finding(
        "is wrong", Kind.VALUE, "f(x)", diagnosis=Diagnosis(Pattern.FACTOR, by=1.25, name="n/(n-1)", count=5)
    )
    assert finding_from(json.loads(json.dumps(asdict(finding)))) == finding
    assert "n = 5" in finding.text


def seen_in(tmp_path: Path, source: str, judge: Callable[[Any], Any]) -> Diagnosis:
    with pytest.raises(WrongAnswer) as caught:
        judge(learner_of(tmp_path, source))
    assert caught.value.finding.diagnosis is not None
    return caught.value.finding.diagnosis


X = jnp.asarray(LINE, jnp.float32)


# source, what is called and compared, the diagnosis
CALLS: dict[str, tuple[str, Callable[[Any], Any], Diagnosis]] = {
    "the argument as it came": (
        "def f(x):\n    return x\n",
        lambda learner: learner.f(X).close_to(np.sin(LINE)),
        Diagnosis(Pattern.ARGUMENT, name="x"),
    ),
    "right without jit": (
        "def f(x):\n    return x if isinstance(x, jax.core.Tracer) else 2 * x\n",
        lambda learner: learner.f.jit()(X).close_to(2 * LINE),
        Diagnosis(Pattern.COMPILED),
    ),
    "sums in half precision": (
        "def f(x):\n    return (x.astype(jnp.bfloat16) * x.astype(jnp.bfloat16)).astype(jnp.float32) / 3 + x\n",
        lambda learner: learner.f(X).close_to(LINE**2 / 3 + LINE),
        Diagnosis(Pattern.ROUNDED, name="bf16"),
    ),
    "one number in half precision": (
        "def f(x):\n    return (x.astype(jnp.bfloat16) ** 2).astype(jnp.float32).mean() / 3\n",
        lambda learner: learner.f(X).close_to((LINE**2).mean() / 3),
        Diagnosis(Pattern.ROUNDED, name="bf16"),
    ),
    "two results in each other's place": (
        "def f(x):\n    return x.sum(), x.max()\n",
        lambda learner: learner.f(X).close_to((LINE.max(), LINE.sum())),
        Diagnosis(Pattern.EXCHANGED, name="[0] and [1]"),
    ),
    "a sum of as many as the argument has": (
        "def f(x):\n    return x * len(x)\n",
        lambda learner: learner.f(X).close_to(LINE),
        Diagnosis(Pattern.FACTOR, by=9.0, name="n", count=9),
    ),
    "another formula": (
        "def f(x):\n    return x.var(ddof=1)\n",
        lambda learner: learner.f(X).close_to(LINE.var(), neighbours={"the sample variance": lambda: LINE.var(ddof=1)}),
        Diagnosis(Pattern.NEIGHBOUR, name="the sample variance"),
    ),
    "a factor throughout a tree": (
        "def f(x):\n    return {'a': 2 * x[:2], 'b': 2 * x[2:4]}\n",
        lambda learner: learner.f(X).close_to({"a": LINE[:2], "b": LINE[2:4]}),
        Diagnosis(Pattern.FACTOR, by=2.0, name="2"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", CALLS)
def test_what_a_call_tells_is_seen(which: str, tmp_path: Path) -> None:
    source, judge, told = CALLS[which]
    seen = seen_in(tmp_path, source, judge)
    assert (seen.pattern, seen.name, seen.count) == (told.pattern, told.name, told.count)


def test_a_pattern_that_no_check_answers_has_a_hint_of_its_own() -> None:
    for pattern in (Pattern.ROUNDED, Pattern.COMPILED):
        assert general_hint(Finding("is wrong", Kind.VALUE, diagnosis=Diagnosis(pattern, name="bf16")))
    assert not general_hint(Finding("is wrong", Kind.VALUE, diagnosis=Diagnosis(Pattern.TRANSPOSED)))
    assert not general_hint(Finding("is wrong", Kind.VALUE))


# ---- the hint that follows

ERROR = RaisedError(Finding("raised", Kind.RAISED, error=("TypeError",)))
ROUNDED = WrongAnswer(Finding("is wrong", Kind.VALUE, diagnosis=Diagnosis(Pattern.ROUNDED, name="bf16")))
WRONG = WrongAnswer(Finding("is wrong", Kind.VALUE, diagnosis=Diagnosis(Pattern.TRANSPOSED)))


@pytest.mark.parametrize(
    ("verdict", "went_well", "follows"),
    [
        (ERROR, False, False),
        (ERROR, True, True),
        (ROUNDED, True, False),
        (WRONG, False, True),
        (WRONG, True, True),
    ],
)
def test_the_hint_of_a_check_follows_where_it_may_answer(
    verdict: Verdict, went_well: bool, follows: bool
) -> None:
    assert verdict.takes_the_checks_hint(went_well) is follows


def test_a_check_may_say_that_its_hint_answers_an_error_or_a_pattern() -> None:
    for found, condition in ((ERROR, None), (ROUNDED, looks_like(Pattern.ROUNDED))):
        verdict = type(found)(found.finding, hint="something general")
        with pytest.raises(Verdict), own_hint(condition) if condition else own_hint():
            raise verdict
        assert verdict.takes_the_checks_hint(went_well=False)
    with pytest.raises(Verdict) as caught, hint_when(looks_like(Pattern.TRANSPOSED), "Swap them."):
        raise WrongAnswer(WRONG.finding)
    assert caught.value.hint == "Swap them."
