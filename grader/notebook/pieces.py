"""What magics give back: a text for a terminal, HTML for a notebook, and the answer itself as data."""

from __future__ import annotations

from typing import Any


class Piece:
    """An answer of the grader. In a notebook it is shown as HTML, elsewhere as text."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    @property
    def text(self) -> str:
        return str(self.answer.get("text", "")).rstrip("\n")

    def __repr__(self) -> str:
        return self.text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text)

    def _repr_html_(self) -> str | None:
        return self.answer.get("html")


class Verdict(Piece):
    """A verdict on an exercise."""

    @property
    def exercise(self) -> str:
        """`day01.softmax`."""
        return str(self.answer["exercise"])

    @property
    def status(self) -> str:
        """`passed`, `failed`, `error`, ..."""
        return str(self.answer["status"])

    @property
    def run(self) -> dict[str, Any]:
        """All of it as data, as `--format json` prints it."""
        found: dict[str, Any] = self.answer.get("run", {})
        return found


class Working(Piece):
    """What is shown until there is a verdict."""

    def __init__(self, words: str) -> None:
        super().__init__({"text": words})

    def _repr_html_(self) -> None:
        return None
