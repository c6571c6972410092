"""Conditions on findings, for hints that answer one mistake of several: they look at data, never at our own words."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.diagnoses import Pattern
from grader.findings import Finding, Kind

Condition = Callable[[Finding], bool]

_OF_THE_FILE = frozenset({Kind.UNREADABLE, Kind.NOT_LOADED})  # errors before anything was called


def raised(*names: str, text: str = "", line: str = "") -> Condition:
    """What was called raised an exception: of one of these classes or of those below them, any when none is named.

    `text` is a pattern in what the exception says of itself, `line` one in the learner's line that raised.
    """

    def holds(finding: Finding) -> bool:
        return (
            bool(finding.error)
            and finding.kind not in _OF_THE_FILE
            and (not names or not set(names).isdisjoint(finding.error))
            and re.search(text, finding.error_text) is not None
            and re.search(line, finding.source or "") is not None
        )

    return holds


def of_kind(*kinds: Kind, part: str | None = None) -> Condition:
    """The finding is of one of these kinds; about this part of the result, such as `[1]`, where one is named."""
    return lambda finding: finding.kind in kinds and part in {None, finding.part}


def came(kind: type, length: int | None = None) -> Condition:
    """A value of this very type came in the place of something else, of that length where one is named."""
    return lambda finding: (
        finding.got_type == kind.__name__ and (length is None or finding.got_length == length)
    )


def looks_like(*patterns: Pattern) -> Condition:
    """The diagnosis is one of these patterns."""
    return lambda finding: finding.diagnosis is not None and finding.diagnosis.pattern in patterns


# What a check's hint, which is about the formula, has nothing to say to.
_BESIDE_THE_FORMULA = looks_like(Pattern.ROUNDED, Pattern.COMPILED)
_ERROR = raised()


def general_hint(finding: Finding) -> str:
    """What there is to say to a pattern that no check's hint answers; empty for all others."""
    seen = finding.diagnosis
    if seen is None:
        return ""
    if seen.pattern is Pattern.COMPILED:
        return (
            "Under jit Python runs once, while JAX traces. What the function reads besides its arguments (a global, an "
            "attribute, something kept from an earlier call) stays as it was then."
        )
    if seen.pattern is Pattern.ROUNDED:
        return "Which step makes it coarser: an astype, a dtype=, an integer division? Compute in float32, convert at the end."
    return ""


def answered_by_a_check(finding: Finding, went_well: bool) -> bool:
    """Whether the hint of a check may follow where nobody has said what it answers: better none than a wrong one.

    A hint is written for a wrong result. A result that is right but for rounding has a cause of its own, and so has an error,
    unless an earlier check of the exercise `went_well`: then it comes of what this check does.
    """
    return not _BESIDE_THE_FORMULA(finding) and (went_well or not _ERROR(finding))
