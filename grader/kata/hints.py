"""Staged hints: an exercise's Markdown of numbered stages, and the lines above them. Read without JAX."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

_FACT = re.compile(r"^(\w+): +(.+)$", re.MULTILINE)
_STAGE = re.compile(r"^(\d+)\. +", re.MULTILINE)


def stages(text: str) -> list[str]:
    """The hints in a text, from vague to plain."""
    pieces = _STAGE.split(text)[2::2]
    # Continuation lines are indented by the width of "1. ".
    return [textwrap.dedent(f"   {piece}").strip() for piece in pieces]


def facts(text: str) -> dict[str, str]:
    """The `name: value` lines above the first stage: what the tables of exercises say of this one."""
    return dict(_FACT.findall(_STAGE.split(text)[0]))


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
