"""Pieces of HTML for a notebook: a verdict, a hint, a solution, a lesson, progress. No scripts, and nothing from elsewhere.

Each brings its style along, which holds inside of it alone: every selector begins with the class of the piece, three times, so
that it counts for more than what the notebook says of tables and code.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from grader.html.rows import rows_of
from grader.html.templating import environment
from grader.kata.catalogue import Day, Exercise
from grader.record.standing import Entry, next_one
from grader.report.ways import Ways
from grader.results import RunResult
from grader.source.excerpts import Numbered

_STATIC = Path(__file__).parent / "static"
_PIECE = ".kata-piece" * 3
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as SVG: the frame that tells most, for a light notebook and for a dark one, and some of all frames."""

    light: str
    dark: str
    beside: str = ""  # several frames beside each other; nothing where there is one

    @property
    def addresses(self) -> tuple[str, str, str]:
        """Of the three, as addresses that hold all of them."""
        return address(self.light), address(self.dark), address(self.beside) if self.beside else ""


def verdict(result: RunResult, day: Day, ways: Ways, figure: Figure | None = None) -> str:
    """An exercise that was judged alone."""
    (judged,) = result.days
    (one,) = judged.exercises
    return _piece("verdict", judged=judged, one=one, day=day, ways=ways, figure=figure, result=result)


def hint(day: Day, exercise: Exercise, stages: Sequence[str], level: int, ways: Ways) -> str:
    """The stages of a hint, up to a level."""
    return _piece("hint", day=day, exercise=exercise, stages=stages, level=level, ways=ways)


def solution(selector: str, yours: Numbered, reference: Numbered) -> str:
    """A cell beside the reference; the reference alone where there is no cell."""
    return _piece("solution", selector=selector, yours=yours, reference=reference)


def lesson(text: str) -> str:
    """The lesson of a day."""
    return _piece("lesson", text=text)


def progress(entries: Sequence[Entry], ways: Ways) -> str:
    """The days, and what comes next."""
    return _piece("progress", rows=rows_of(entries), following=next_one(entries), ways=ways)


def plain(text: str) -> str:
    """A text as it stands, laid out by hand."""
    return _piece("plain", text=text)


def address(figure: str) -> str:
    """An address that holds a figure."""
    return f"data:image/svg+xml;base64,{base64.b64encode(figure.encode()).decode()}"


def _piece(kind: str, **shown: Any) -> str:
    inside = getattr(_macros(), kind)(**shown)
    return f'<div class="kata-piece">\n<style>\n{style()}\n</style>\n{str(inside).strip()}\n</div>'


@cache
def _macros() -> Any:
    return environment().get_template("notebook.html").module


@cache
def style() -> Markup:
    """The style of the parts and of the pieces, for inside a piece alone."""
    css = "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in ("parts.css", "in_notebook.css"))
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    alone = [
        f"{_PIECE} {{ all: initial; display: block; }}",
        f"{_PIECE} * {{ all: revert; }}",
        *_inside(css),
    ]
    return Markup("\n".join(alone))  # written by us, and so no text to be escaped


def _inside(css: str) -> list[str]:
    """The rules of a style sheet with selectors that reach no further than a piece."""
    rules = []
    for selectors, body in _RULE.findall(css):
        within = ", ".join(_scoped(one.strip()) for one in selectors.split(","))
        rules.append(f"{within} {{ {' '.join(body.split())} }}")
    return rules


def _scoped(selector: str) -> str:
    """`.kata-piece p` for `p`. What stands before :root says in which kind of page it holds."""
    page, root, rest = selector.rpartition(":root")
    return f"{page}{_PIECE}{rest}" if root else f"{_PIECE} {selector}"
