"""A cell of a notebook inside the text that is judged: earlier cells stand above it, and lines are told as the cell counts them.

Standard library only; everybody may import this module, and it imports nothing of ours.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """The text from some line on. What stands above it are parts of earlier cells that it uses."""

    above: int  # so many lines of the text

    def line_of(self, line: int) -> int | None:
        """A line of the text as the cell counts it; None for one of an earlier cell."""
        return line - self.above if line > self.above else None

    def in_words(self, line: int) -> str:
        """`line 3`, as the cell counts it."""
        inside = self.line_of(line)
        return "a line of an earlier cell" if inside is None else f"line {inside}"
