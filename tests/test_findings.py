"""A finding is data: one function puts it into words, JSON carries it whole, conditions look at its data alone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from grader.findings import Finding, Kind, finding_from
from grader.results import Aspect, CheckResult, Status, result_fields, result_from
from grader.toolkit.conditions import came, of_kind, raised

VALUE = Finding(
    "is wrong",
    Kind.VALUE,
    "lengths([1, 2])",
    "[1]['w']",
    expected="1",
    got="9",
    where=(0, 2),
    differ=3,
    of=4,
)
RAISED = Finding(
    "raised KeyError",
    Kind.RAISED,
    "f(x)",
    error=("KeyError", "LookupError", "Exception", "BaseException", "object"),
    error_text="'missing'",
    cause="'missing'",
    line=6,
    source="return {}['missing']",
)

TEXTS = {
    "a value": (
        VALUE,
        "lengths([1, 2])[1]['w'] is wrong at index (0, 2) (3 of 4 differ)\n  expected  1\n  got       9",
    ),
    "one value of several": (
        replace(VALUE, differ=1, where=(2,), part=""),
        "lengths([1, 2]) is wrong at index 2\n  expected  1\n  got       9",
    ),
    "several lines": (
        Finding("is traced too often", call="f(x)", expected="one trace", got="2 traces\nf: x is now f32[2]"),
        "f(x) is traced too often\n  expected  one trace\n  got       2 traces\n            f: x is now f32[2]",
    ),
    "an error": (RAISED, "f(x) raised KeyError at line 6\n  6 | return {}['missing']\n\n'missing'"),
    "an error outside of the file": (
        replace(RAISED, line=None, source=None),
        "f(x) raised KeyError\n\n'missing'",
    ),
    "an error that says nothing": (
        replace(RAISED, cause=""),
        "f(x) raised KeyError at line 6\n  6 | return {}['missing']",
    ),
    "what of a call is meant": (
        Finding("grows with its arguments", Kind.GROWS, "jit(f)", about="The program of"),
        "The program of jit(f) grows with its arguments",
    ),
    "a sentence": (Finding("There is no function f in f.py.", line=3), "There is no function f in f.py."),
    "a place in the file": (
        Finding("SyntaxError on line 3 of f.py: invalid syntax", line=3, source="x = = 1", column=5),
        "SyntaxError on line 3 of f.py: invalid syntax\n  x = = 1\n      ^",
    ),
    "a note": (
        replace(VALUE, call="g(x)").with_note("with\n  def g(x): ..."),
        "g(x)[1]['w'] is wrong at index (0, 2) (3 of 4 differ)\n  expected  1\n  got       9\n\nwith\n  def g(x): ...",
    ),
}


@pytest.mark.parametrize("which", TEXTS)
def test_a_finding_in_words(which: str) -> None:
    finding, text = TEXTS[which]
    assert finding.text == text
    assert finding.head + finding.rest == text


@pytest.mark.parametrize("which", TEXTS)
def test_a_finding_goes_through_json_whole(which: str) -> None:
    finding, _ = TEXTS[which]
    assert finding_from(json.loads(json.dumps(asdict(finding)))) == finding


@pytest.mark.parametrize(
    "data", [{}, {"complaint": "x", "kind": "no such kind"}, {"complaint": "x", "kind": "value", "why": 1}]
)
def test_what_is_no_finding_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        finding_from(data)


def test_a_result_goes_through_json_whole() -> None:
    for finding in (None, VALUE, RAISED):
        result = CheckResult("by_hand", Aspect.CORRECT, Status.FAILED, finding=finding, hint="x")
        assert result_from(json.loads(json.dumps(result_fields(result)))) == result


def test_results_of_older_graders_are_read() -> None:
    fields = {
        "name": "by_hand", "aspect": "correct", "status": "failed", "seconds": 0.1, "hint": "Count.", "speed": None,
        "output": "", "details": "", "message": "f(x) is wrong\n  expected  1", "line": 3,
    }  # fmt: skip
    result = result_from(fields)
    assert (result.message, result.line) == ("f(x) is wrong\n  expected  1", 3)
    assert result.finding == Finding("f(x) is wrong\n  expected  1", Kind.OTHER, line=3)
    assert result_from(fields | {"message": "", "line": None}).finding is None


HOLDS = [
    (raised(), RAISED, True),
    (raised(), VALUE, False),
    (raised("KeyError", "TypeError"), RAISED, True),
    (raised("LookupError"), RAISED, True),
    (raised("TypeError"), RAISED, False),
    (raised(text="missing"), RAISED, True),
    (raised(text="is wrong"), RAISED, False),
    (raised(line=r"return \{\}"), RAISED, True),
    (raised(line="missing"), replace(RAISED, line=None, source=None), False),
    (of_kind(Kind.VALUE), VALUE, True),
    (of_kind(Kind.SHAPE, Kind.DTYPE), VALUE, False),
    (of_kind(Kind.VALUE, part="[1]['w']"), VALUE, True),
    (of_kind(Kind.VALUE, part="[0]"), VALUE, False),
    (came(tuple), replace(VALUE, got_type="tuple", got_length=2), True),
    (came(tuple, 2), replace(VALUE, got_type="tuple", got_length=2), True),
    (came(tuple, 3), replace(VALUE, got_type="tuple", got_length=2), False),
    (came(int), replace(VALUE, got_type="bool"), False),
]


@pytest.mark.parametrize(("condition", "finding", "holds"), HOLDS)
def test_conditions_look_at_data(condition: object, finding: Finding, holds: bool) -> None:
    assert condition(finding) is holds  # type: ignore[operator]
