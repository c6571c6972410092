"""What answers at once is written on this: lines of a known width, with colour and signs where the console has them.

Without rich, whose import alone takes as long as the rest of such an answer.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from grader.report.looks import in_ascii, sign_width
from grader.report.text import printable

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Paper:
    """How wide it is in columns, whether it takes colour, and whether it takes nothing but ASCII."""

    width: int = 100
    colour: bool = False
    ascii: bool = True

    def text(self, text: str, style: str = "") -> str:
        """The text as it can be written here: nothing that steers a terminal, no sign that it does not have."""
        text = printable(text)
        if self.ascii:
            text = in_ascii(text).encode("ascii", "backslashreplace").decode()
        codes = ";".join(_CODES[word] for word in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m" if codes and self.colour and text else text

    def cut(self, text: str, width: int) -> str:
        """The text in so many columns, with a sign at its end where something is left out."""
        text = self.text(text)
        end = self.text("…")
        return text if len(text) <= width else text[: max(width - len(end), 0)].rstrip() + end

    def sign(self, sign: str, style: str) -> str:
        """A sign, in a column that has room for each."""
        room = sign_width(ascii=self.ascii)
        return self.text(sign, style) + " " * (room - len(self.text(sign)))

    def wrapped(self, text: str, indent: int = 0) -> str:
        """A paragraph, its second and later lines set in; words (and commands) stay whole."""
        width = max(self.width - 1, indent + 20)
        text = self.text(text)
        return textwrap.fill(
            text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )


def standard_output(format: str = "rich") -> Paper:
    """What standard output is. `plain` is ASCII without colour, in a width that does not depend on the terminal."""
    if format == "plain":
        return Paper()
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return Paper(_columns(), _has_colour(), not encoding.startswith("utf"))


def _columns() -> int:
    """COLUMNS, else the width of the terminal, else 80. As shutil has it, whose import takes ten times as long."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):  # a pipe; closed; none at all
        return 80


def _has_colour() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "").lower() in {"dumb", "unknown"}:
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def put(lines: Iterable[str]) -> None:
    """Write lines on standard output, each as soon as it is there."""
    for line in lines:
        print(line.rstrip(), flush=True)
