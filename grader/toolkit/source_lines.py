"""How many lines of code a function takes, read by syntax."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Iterator


def source_lines(source: str, name: str, exercises: Collection[str]) -> int:
    """The lines of a function's body that hold code: no docstrings, comments or blank lines.

    Functions and classes of the same file that it uses are counted whole, unless they are exercises themselves.
    """
    tree = ast.parse(source)
    definitions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    wanted: set[int] = set()
    seen, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in definitions or (current in exercises and current != name):
            continue
        seen.add(current)
        node = definitions[current]
        first = node.body[0].lineno if current == name else node.lineno
        wanted.update(range(first, (node.end_lineno or first) + 1))
        wanted.difference_update(_docstring_lines(node))
        waiting += [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    return len(wanted & set(_code_lines(source)))


def _docstring_lines(node: ast.AST) -> Iterator[int]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
            docstring = inner.body[0]
            yield from range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)


def _code_lines(source: str) -> Iterator[int]:
    nothing = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in nothing:
            yield from range(token.start[0], token.end[0] + 1)
