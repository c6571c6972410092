"""Staged hints: Markdown with a `## exercise` heading and numbered stages, read without JAX."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_HEADING = re.compile(r"^## +(\w+) *$", re.MULTILINE)
_STAGE = re.compile(r"^(\d+)\. +", re.MULTILINE)


def stages(text: str, exercise: str) -> list[str]:
    """The hints of an exercise from vague to plain; an empty list when there is no such heading."""
    parts = _HEADING.split(text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    body = sections.get(exercise, "")
    pieces = _STAGE.split(body)[2::2]
    # Continuation lines are indented by the width of "1. ".
    return [textwrap.dedent(f"   {piece}").strip() for piece in pieces]


def read(path: Path, exercise: str) -> list[str]:
    """The stages of an exercise from its day's file of hints. Raises OSError when the file is not there."""
    return stages(path.read_text(encoding="utf-8"), exercise)


def wrapped(markdown: str, width: int = 79) -> str:
    """Paragraphs filled to a width; what stands in code fences set off by four blanks."""
    parts = re.split(r"^```\w*\n(.*?)^```$", markdown, flags=re.MULTILINE | re.DOTALL)
    for index, part in enumerate(parts):
        if index % 2:
            parts[index] = "\n" + textwrap.indent(part, "    ")
        else:
            parts[index] = "\n\n".join(textwrap.fill(text.strip(), width) for text in part.split("\n\n"))
    return "\n".join(
        part.strip() if index % 2 == 0 else part for index, part in enumerate(parts) if part.strip()
    )
