"""Places in a learner's file, as editors read them."""

from __future__ import annotations

from dataclasses import dataclass

from grader.findings import Finding
from grader.report.text import printable, shown_path


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a learner's file; None where none is meant."""

    file: str
    line: int | None
    begins: int | None = None  # the line on which the exercise begins, where that is known

    def __str__(self) -> str:
        """`file:line`, which terminals make a link of; empty where no line is meant."""
        return f"{shown_path(self.file)}:{self.line}" if self.line else ""

    def message(self, name: str, finding: Finding) -> str:
        """`file:line:column: name: message`, in one line: what editors make a list of errors of.

        They want a line in any case: where none is meant it is the one on which the exercise begins.
        """
        line = self.line or self.begins or 1
        column = f":{finding.column}" if finding.column and self.line == finding.line else ""
        words = " ".join(printable(finding.head).split("\n"))
        return f"{printable(shown_path(self.file))}:{line}{column}: {name}: {words}"
