"""How many lines of code a function takes, read by syntax."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Collection, Iterator

from grader.source.blocks import parsed
from grader.source.scopes import Names
from grader.source.syntax import Definition, docstrings

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def source_lines(source: str, name: str, exercises: Collection[str]) -> int:
    """The lines of a function's body that hold code: no docstrings, comments or blank lines.

    Functions and classes of the same file that it uses are counted whole, unless they are exercises themselves. A
    syntax error in another block is passed over.
    """
    file = parsed(source)
    names = Names(file.tree)
    wanted: set[int] = set()
    for current in names.reached([name], but=exercises):
        for node in names.bound_at_top(current):
            if isinstance(node, Definition):
                first = node.body[0].lineno if current == name else node.lineno
                wanted.update(range(first, (node.end_lineno or first) + 1))
                for _, docstring in docstrings(node, file.lines):
                    wanted.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(wanted & set(_code_lines(file.text)))


def _code_lines(text: str) -> Iterator[int]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            yield from range(token.start[0], token.end[0] + 1)
