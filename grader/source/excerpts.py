"""One definition cut out of a file, without its docstrings and with the file's own line numbers. Read by syntax alone."""

from __future__ import annotations

import ast
import re

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Numbered = tuple[tuple[int, str], ...]  # (line number, line)


def excerpt(text: str, name: str) -> Numbered | None:
    """The lines of a top-level function or class, decorators included; None when the text holds no such definition.

    Of several definitions of one name it is the last, which is the one that counts. Raises SyntaxError when the text
    is not Python.
    """
    try:
        body = ast.parse(text.removeprefix("\ufeff")).body
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; brackets by the thousand
        raise SyntaxError(str(error)) from error
    node = next(
        (node for node in reversed(body) if isinstance(node, _Definition) and node.name == name), None
    )
    if node is None:
        return None
    lines = re.split(r"\r\n|\r|\n", text)  # as Python counts them, which str.splitlines does not
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno or node.lineno
    hidden = _docstring_lines(node, lines)
    return tuple((number, lines[number - 1]) for number in range(first, last + 1) if number not in hidden)


def _docstring_lines(node: _Definition, lines: list[str]) -> set[int]:
    """The lines of the docstrings of a definition and of those inside it, with the blank lines below each."""
    hidden: set[int] = set()
    for inner in ast.walk(node):
        if not isinstance(inner, _Definition) or ast.get_docstring(inner, clean=False) is None:
            continue
        doc, *rest = inner.body
        last = doc.end_lineno or doc.lineno
        shares_a_line = not lines[doc.lineno - 1][: doc.col_offset].isspace()
        if shares_a_line or not rest or rest[0].lineno == last:
            continue
        hidden.update(range(doc.lineno, last + 1))
        while last < len(lines) and not lines[last].strip():
            last += 1
            hidden.add(last)
    return hidden
