"""A code cell as Python: without the lines that only IPython understands, and what its `%%grade` line asks for."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from grader.source.layout import Place, layout

GRADE = "grade"
_AROUND_PYTHON = {GRADE, "time", "timeit", "capture", "prun"}  # cell magics below which Python stands
_VALUED = {"--seed"}  # options of `%%grade` that another word follows
_CELL_MAGIC = re.compile(r"%%(\w+)(.*)")
_LINE_MAGIC = re.compile(
    r"\s*(?:[%!?]|[\w.,()\[\]\s]+=\s*[%!]\s*\w)"  # %time f(x), !ls, ?f, files = !ls
    r"|\s*[\w.]+\?{1,2}\s*$"  # f?
)


@dataclass(frozen=True, slots=True)
class Python:
    """What of a cell is Python: its text with the lines where they were, those left out blank, or `pass` inside a block.

    `asked` is the word that `%%grade` names; empty where it names none, and None in a cell without it.
    """

    text: str
    asked: str | None = None
    left_out: tuple[str, ...] = ()


def python_in(cell: str) -> Python:
    """The Python of a cell. It has no text when the whole cell is in another language."""
    lines = cell.split("\n")
    asked, left_out = None, []
    for number, line in enumerate(lines):
        magic = _CELL_MAGIC.match(line)
        if line.strip() and not magic:
            break
        if magic:
            lines[number] = ""
            if magic[1] not in _AROUND_PYTHON:
                return Python("")
            if magic[1] == GRADE:
                asked = _word(magic[2])
            else:
                left_out.append(line.strip())
    left_out += _blank_line_magics(lines)
    return Python("\n".join(lines), asked, tuple(left_out))


def _word(rest: str) -> str:
    """The first word that is no option and no option's value."""
    try:
        words = shlex.split(rest)
    except ValueError:
        words = rest.split()
    before = ["", *words]
    found = (
        word
        for word, last in zip(words, before, strict=False)
        if not word.startswith("-") and last not in _VALUED
    )
    return next(found, "")


def _blank_line_magics(lines: list[str]) -> list[str]:
    """Blank the lines that begin a statement and are none of Python's; return them. A block may have no other line."""
    if not any(map(_LINE_MAGIC.match, lines)):
        return []
    found: list[str] = []
    ended = [f"{line}\n" for line in lines]
    at = _next_magic(ended, 0)
    while at is not None:
        found.append(lines[at].strip())
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at] = f"{indent}pass" if indent else ""
        at = _next_magic(ended, at + 1)
    return found


def _next_magic(lines: list[str], begin: int) -> int | None:
    """The next such line. What it opens, such as a quote, is not Python's either, so each search begins anew."""
    for line in layout(lines, begin):
        if line.number < len(lines) and line.place is Place.CODE and _LINE_MAGIC.match(lines[line.number]):
            return line.number
    return None
