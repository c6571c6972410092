"""A learner's text cut into top-level blocks, so that a syntax error costs one of them and not the file."""

from __future__ import annotations

import ast
import re

_BLOCK = re.compile(r"^(?:async\s+def|def|class|@|import|from)\b|^@")


def blocks(source: str) -> list[tuple[int, str]]:
    """Cut the text before each top-level definition or import: (lines before it, text)."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for number, line in enumerate(lines):
        decorated = number > 0 and lines[number - 1].startswith("@")
        if _BLOCK.match(line) and not decorated:
            starts.append(number)
    ends = [*starts[1:], len(lines)]
    return [(start, "".join(lines[start:end])) for start, end in zip(starts, ends, strict=True)]


def parsed(start: int, text: str, name: str = "<block>") -> ast.Module:
    """The syntax tree of a block, with the line numbers of the whole file. Raises SyntaxError."""
    return ast.parse("\n" * start + text, name)
