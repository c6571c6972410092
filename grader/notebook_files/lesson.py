"""A lesson as cells: cut at its sections, with its pictures inside.

Pictures go in as PNG by data address, which JupyterLab, VS Code and Colab show in the text of a cell. SVG they do not all
show: VS Code refuses its address, Colab the picture in any form; and Colab shows no attachments.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

from grader.kata import catalogue
from grader.kata.catalogue import Day
from grader.notebook_files.document import Cell

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_HEADING = re.compile(r"##? ")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
_IN_BACKTICKS = re.compile(r"(`+[^`]+`+)")


def cells(day: Day) -> list[Cell]:
    """The lesson of a day without its title, a cell a section."""
    text = (catalogue.LESSONS / day.folder / "README.md").read_text(encoding="utf-8")
    found = filter(None, (_settled(day, section).strip() for section in sections(text)))
    return [Cell("markdown", section, f"lesson-{number}") for number, section in enumerate(found, 1)]


def sections(text: str) -> list[str]:
    """A text cut before each heading of the first or second level; the title's line is left out."""
    found = [""]
    for line, in_code in _lines(text):
        if not in_code and _HEADING.match(line):
            found.append("" if line.startswith("# ") else line)
        else:
            found[-1] += line
    return found


def _settled(day: Day, section: str) -> str:
    """The section with its pictures inside it. Links to other files of the kata, which lie elsewhere, are words."""

    def picture(match: re.Match[str]) -> str:
        words, name = match.groups()
        file = day.folder_of(name.removesuffix(".svg")) / "picture.png"
        if "/" in name or not file.is_file():
            return match[0] if ":" in name else f"({words})"
        return f"![{words}](data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()})"

    def link(match: re.Match[str]) -> str:
        outward = re.match(r"(?:[a-z]+:|#)", match[2])
        return match[0] if outward else match[1]

    return "".join(
        line if in_code else _outside_backticks(lambda text: _IMAGE.sub(picture, _LINK.sub(link, text)), line)
        for line, in_code in _lines(section)
    )


def _outside_backticks(change: Callable[[str], str], line: str) -> str:
    parts = _IN_BACKTICKS.split(line)
    return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a block of code."""
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            yield line, True
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        else:
            fence = mark[1] if mark else ""
            yield line, bool(mark)
