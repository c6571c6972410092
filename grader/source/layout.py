"""Where each line of a text begins: in code, in a bracket, in a string. For texts that need not be Python.

Python's own tokenizer gives up at the first thing that it does not know, and each version at others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Place(Enum):
    """What is open where a line begins."""

    CODE = auto()  # nothing: a statement may begin here
    CONTINUED = auto()  # the line before, by a backslash
    BRACKET = auto()
    STRING = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """How a line begins. The one after the last tells how the text ends."""

    number: int  # from 0
    place: Place
    below_header: bool  # whether what ended above it, a statement or a head, ended with a colon


_NEWLINE = r"\r\n|\r|\n"
_CODE = re.compile(
    rf"#[^\r\n]*|\\(?:{_NEWLINE})|(?:\b[A-Za-z]{{1,2}})?(?:\"\"\"|'''|\"|')|[()\[\]{{}}:]|{_NEWLINE}"
)
_STRING = {
    quote: re.compile(rf"\\(?:{_NEWLINE}|.)|{quote}|{_NEWLINE}", re.DOTALL)
    for quote in ('"""', "'''", '"', "'")
}
# A backslash does not save a brace, but \N{EM DASH} is one character.
_FORMATTED = {
    quote: re.compile(
        rf"\\N\{{[^{{}}\"'\r\n]*\}}|\\(?![{{}}])(?:{_NEWLINE}|.)|\{{\{{|\}}\}}|\{{|{quote}|{_NEWLINE}",
        re.DOTALL,
    )
    for quote in _STRING
}
_SPECIFICATION = re.compile(rf"[{{}}]|{_NEWLINE}")
_PREFIXES = {"f", "fr", "rf", "t", "tr", "rt"}  # of strings that hold expressions
_FIELD, _FORMAT = "field", "format"  # what is open in such a string: {field:format}


def layout(lines: Sequence[str], begin: int = 0) -> Iterator[Line]:
    """Read on from a line that begins a statement. A string with single quotes ends with its line at the latest."""
    text = "".join(lines[begin:])
    if not text.endswith(("\r", "\n")):
        text += "\n"
    yield Line(begin, Place.CODE, below_header=False)
    opened: list[str | tuple[str, bool]] = []  # brackets, fields and formats; strings as (quote, formatted)
    number, position, colon = begin, 0, 0
    while match := _next(opened).search(text, position):
        token, position = match[0], match.end()
        escaped = token[0] == "\\"
        if token[-1] in "\r\n":
            number += 1
            if not escaped:
                _end_short_strings(opened)
            place = _place(opened, continued=escaped)
            ended = place is Place.CODE
            header = ended and bool(colon) and not text[colon : match.start()].partition("#")[0].strip()
            yield Line(number, place, header)
            colon = 0 if ended else colon
        elif not escaped and token[0] != "#":
            _open_or_close(opened, token)
            colon = position if token == ":" and not opened else colon


def _next(opened: list[str | tuple[str, bool]]) -> re.Pattern[str]:
    """What to look for, given what is open."""
    if opened and isinstance(opened[-1], tuple):
        quote, formatted = opened[-1]
        return (_FORMATTED if formatted else _STRING)[quote]
    return _SPECIFICATION if opened and opened[-1] == _FORMAT else _CODE


def _open_or_close(opened: list[str | tuple[str, bool]], token: str) -> None:
    top = opened[-1] if opened else ""
    if isinstance(top, tuple):
        if token == top[0]:
            opened.pop()
        elif token == "{":
            opened.append(_FIELD)
    elif token[-1] in "\"'":
        quote = token.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        opened.append((quote, token.removesuffix(quote).lower() in _PREFIXES))
    elif token in "([{":
        opened.append(_FIELD if top == _FORMAT else token)
    elif token == ":":
        if top == _FIELD:
            opened.append(_FORMAT)
    elif top == _FORMAT:
        del opened[-2:]
    elif top and (top != _FIELD or token == "}"):
        opened.pop()


def _end_short_strings(opened: list[str | tuple[str, bool]]) -> None:
    """At the end of a line: a string with single quotes ends, and what is open in it."""
    short = next(
        (index for index, one in enumerate(opened) if isinstance(one, tuple) and len(one[0]) == 1),
        len(opened),
    )
    del opened[short:]


def _place(opened: list[str | tuple[str, bool]], *, continued: bool) -> Place:
    if any(isinstance(one, tuple) for one in opened):
        return Place.STRING
    if opened:
        return Place.BRACKET
    return Place.CONTINUED if continued else Place.CODE
