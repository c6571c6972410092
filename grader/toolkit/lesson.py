"""One lesson: what an error is known by, its cause in words, and the next step."""

from __future__ import annotations

from dataclasses import dataclass

from grader.findings import Kind


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one kind of error teaches. `pattern` is searched in the error's own text, `line` in the learner's own line.

    `sure` when it says more than the hint of any check could.
    """

    error: str
    pattern: str
    cause: str
    hint: str
    line: str = ""
    sure: bool = False
    kind: Kind = Kind.RAISED
