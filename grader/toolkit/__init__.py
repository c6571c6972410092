"""What a check is written with. Checks import from here and from their own day, and from nowhere deeper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import pytest

from grader.datasets.vision import NoVision, torchvision_parts
from grader.diagnoses import Pattern
from grader.findings import Finding, Kind
from grader.toolkit.called import Called
from grader.toolkit.cases import in_many_cases
from grader.toolkit.comparison import compare
from grader.toolkit.conditions import Condition, came, looks_like, of_kind, raised
from grader.toolkit.dataflow import multiply_adds, products_with, writes_at
from grader.toolkit.devices import need_several_devices
from grader.toolkit.digits import digits
from grader.toolkit.draws import Draw
from grader.toolkit.handles import Handle, compiled_if_possible, refuses
from grader.toolkit.idx_files import write_mnist
from grader.toolkit.inputs import AWKWARD, RISK, Numbers, float16
from grader.toolkit.keys import uses_each_key_once
from grader.toolkit.labels import Named, Shown
from grader.toolkit.oracles import Array, agrees_once, told_by, wide
from grader.toolkit.resources import operations_at_most, temporary_memory_at_most
from grader.toolkit.rules import bans
from grader.toolkit.session import Learner
from grader.toolkit.slopes import slope_agrees
from grader.toolkit.speed import must_beat
from grader.toolkit.structure import checking_leaks, compiles_once, largest_value_at_most, same_size_for
from grader.toolkit.traces import Trace, traces_at_most, watched
from grader.toolkit.verdicts import RaisedError, Unavailable, Verdict, WrongAnswer, hint_when, own_hint
from grader.toolkit.wording import in_words

_Check = TypeVar("_Check", bound=Callable[..., None])


def check(
    exercise: str,
    aspect: Literal["correct", "jit", "speed", "deeper"],
    *,
    hint: str,
    patience: float = 1.0,
    answers: Condition | None = None,
) -> Callable[[_Check], _Check]:
    """Mark a test function as a check of one exercise and one aspect.

    The function is called test_<exercise>_<name>; the name is what results and wrong answers know it by.
    The hint is shown when it fails: one sentence or two, for the mistake that this check catches. It stays away from errors,
    which have causes of their own, and from results that are right but for rounding; `answers` says of which of these it is
    the answer all the same, such as `raised("IndexError")`. `patience` multiplies the time limit, for a check that trains
    something. One with a parameter `draw` is run once for each case that is drawn.
    """

    def mark(function: _Check) -> _Check:
        marked: Any = pytest.mark.check(exercise=exercise, aspect=aspect, hint=hint, patience=patience)(
            in_many_cases(own_hint(answers)(function) if answers else function)
        )
        return marked  # type: ignore[no-any-return]

    return mark


__all__ = [
    "AWKWARD",
    "RISK",
    "Array",
    "Called",
    "Draw",
    "Finding",
    "Handle",
    "Kind",
    "Learner",
    "Named",
    "NoVision",
    "Numbers",
    "Pattern",
    "RaisedError",
    "Shown",
    "Trace",
    "Unavailable",
    "Verdict",
    "WrongAnswer",
    "agrees_once",
    "bans",
    "came",
    "check",
    "checking_leaks",
    "compare",
    "compiled_if_possible",
    "compiles_once",
    "digits",
    "float16",
    "hint_when",
    "in_words",
    "largest_value_at_most",
    "looks_like",
    "multiply_adds",
    "must_beat",
    "need_several_devices",
    "of_kind",
    "operations_at_most",
    "own_hint",
    "products_with",
    "raised",
    "refuses",
    "same_size_for",
    "slope_agrees",
    "temporary_memory_at_most",
    "told_by",
    "torchvision_parts",
    "traces_at_most",
    "uses_each_key_once",
    "watched",
    "wide",
    "write_mnist",
    "writes_at",
]
