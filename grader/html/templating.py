"""The templates and what they may ask for. Every text that goes into one is made harmless; only our own templates make HTML.

The parts in `parts.html` know nothing of a server and need no scripts: page and report are made of them.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.findings import Finding
from grader.html.markdown import html_of
from grader.kata.catalogue import STRETCH_SIGN
from grader.pictures import Frame, Image, Role
from grader.report.looks import LOOKS
from grader.report.numbers import compared_words, deeper_words, speed_words
from grader.report.text import printable, shown_path
from grader.results import ACCEPTED, Aspect, Status
from grader.units import ratio

_WHOSE = {
    Role.YOURS: "yours",
    Role.EXPECTED: "expected",
    Role.DIFFERENCE: "difference",
    Role.INPUT: "given",
}
_WORDS = {Status.PASSED: "passed", Status.BLOCKED: "not reached", Status.FAULT: "the grader's own fault"}


def environment(*rooms: str) -> Environment:
    """Templates of this room, and of others such as `grader.page`, with the words that they use."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(room) for room in ("grader.html", *rooms)]),
        autoescape=True,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "after": after_the_target,
        "amounts": compared_words,
        "markdown": html_of,
        "paragraphs": paragraphs,
        "path": shown_path,
        "ratio": ratio,
        "seen": seen_in,
        "sign": lambda status: LOOKS[status].sign,
        "spans": spans,
        "speed": speed_words,
        "word": word_of,
        "cases": deeper_words,
    }
    made.globals |= {"ACCEPTED": ACCEPTED, "Aspect": Aspect, "Status": Status}
    return made


def _harmless(value: Any) -> Any:
    """What is no HTML of ours has nothing in it that could turn the reading direction, or that no page can hold."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def word_of(status: Status) -> str:
    """A status in a word, for whoever sees no sign."""
    return _WORDS.get(status) or LOOKS[status].word


def spans(text: str) -> Markup:
    """A line of text in which what stands between backticks is code."""
    pieces = printable(text).split("`")
    if len(pieces) % 2 == 0:  # one of them stands alone
        return escape(printable(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )


def paragraphs(docstring: str) -> list[tuple[bool, str]]:
    """A docstring's paragraphs; True for one that is laid out by hand, and stays as it is."""
    found = []
    for block in re.split(r"\n\s*\n", docstring.removeprefix(STRETCH_SIGN).strip()):
        if re.search(r"^\s", block, re.MULTILINE):
            found.append((True, textwrap.dedent(block)))
        else:  # a line such as `Rules: ...` begins anew
            found += [(False, piece) for piece in re.split(r"\n(?=[A-Z]\w+: )", block)]
    return found


def after_the_target(finding: Finding) -> str:
    """What the first line of a finding says after the call that it is about."""
    before = " ".join(filter(None, (finding.about, finding.target)))
    return finding.head[len(before) :].strip()


def seen_in(frame: Frame) -> str:
    """What is in a frame, for whoever does not see it."""
    panels = []
    for panel in frame.panels:
        whose = _WHOSE[panel.role] if panel.role else ""
        kind = "image" if isinstance(panel, Image) else "chart"
        panels.append(
            " ".join(part for part in (f"{kind} of {panel.title}" if panel.title else kind,) if part)
        )
        panels[-1] += f" ({whose})" if whose else ""
    return "; ".join(panels)
