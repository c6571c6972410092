"""Staged hints: an exercise's Markdown of numbered stages, read without JAX."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_STAGE = re.compile(r"^(\d+)\. +", re.MULTILINE)


def stages(text: str) -> list[str]:
    """The hints in a text, from vague to plain."""
    pieces = _STAGE.split(text)[2::2]
    # Continuation lines are indented by the width of "1. ".
    return [textwrap.dedent(f"   {piece}").strip() for piece in pieces]


def read(path: Path) -> list[str]:
    """The stages of an exercise from its file of hints. Raises OSError when the file is not there."""
    return stages(path.read_text(encoding="utf-8"))


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
