"""From a solution's text to the stub that a learner starts from: a pure function on text.

The bodies of top-level functions, and of methods in top-level classes, are cut out by their place in
the syntax tree; so are the decorators of classes, which belong to the answer (how a class is registered).
Everything else, comments and blank lines too, stays as it was written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from grader.source.syntax import Function, functions_in, line_end, lines_of, parse, says_nothing, split_lines


def stub(solution: str) -> str:
    """Return the stub of a solution's source text.

    Raises SyntaxError when the text is not Python.
    """
    lines = split_lines(_unfolded(solution))
    _cut_bodies(lines, parse("".join(lines)).body)
    return "".join(lines)


def _cut_bodies(lines: list[str], nodes: Sequence[ast.stmt]) -> None:
    """From the last to the first, so that earlier line numbers stay true."""
    for node in reversed(nodes):
        if isinstance(node, Function):
            _cut_body(lines, node)
        elif isinstance(node, ast.ClassDef):
            _cut_bodies(lines, node.body)
            del lines[lines_of(node, lines).start : node.lineno - 1]


def _cut_body(lines: list[str], function: Function) -> None:
    docstring, body = _parts(function)
    if not body:
        return
    first = lines_of(body[0], lines).start
    indent, newline = _indentation(lines[first]), line_end(lines[0])
    code = (line.strip() for line in lines[first : function.end_lineno])
    size = sum(1 for line in code if line and not line.startswith("#"))
    # Comments before the first statement and after the last one belong to the answer.
    start = docstring.end_lineno if docstring else _end_of_head(lines, first)
    lines[start : _end_of_body(lines, function)] = [
        f"{indent}# Your code here: {_about(size)}.{newline}",
        f"{indent}raise NotImplementedError{newline}",
    ]


def _end_of_head(lines: Sequence[str], first: int) -> int:
    """The number of lines up to the colon above a body, which begins at line `first` from 0."""
    while first > 0 and says_nothing(lines[first - 1]):
        first -= 1
    return first


def _end_of_body(lines: Sequence[str], function: Function) -> int:
    """The number of lines up to the end of a function, and of the comments in it that follow its last statement."""
    end = following = function.end_lineno or function.lineno
    margin = len(_indentation(lines[function.lineno - 1]))
    while following < len(lines) and says_nothing(lines[following]):
        following += 1
        if lines[following - 1].strip() and len(_indentation(lines[following - 1])) > margin:
            end = following
    return end


def _unfolded(solution: str) -> str:
    """The text with each function's docstring and body on lines of their own: `def f(x): return x` takes two."""
    lines = split_lines(solution)
    functions = [function for node in parse(solution).body for function in functions_in(node)]
    for function in reversed(functions):
        first, *others = function.body
        row, column = _start(first, lines)
        before = lines[row][:column]
        in_head = bool(before.strip()) or lines[row - 1].rstrip("\r\n").endswith("\\")
        indent = f"{_indentation(lines[function.lineno - 1])}    " if in_head else _indentation(lines[row])
        if _parts(function)[0] and others:
            end = (first.end_lineno or 0) - 1
            other_row, other_column = _start(others[0], lines)
            if other_row == end:
                docstring_ends = _characters(lines[end], first.end_col_offset or 0)
                _break(lines, end, docstring_ends, other_column, indent)
        if before.strip():
            _break(lines, row, column, column, indent)
        elif in_head:
            head = lines[row - 1].rstrip("\\\r\n").rstrip()
            lines[row - 1 : row + 1] = [head + line_end(lines[row - 1]), indent + lines[row][column:]]
    return "".join(lines)


def _break(lines: list[str], row: int, end: int, begin: int, indent: str) -> None:
    """Make two lines of one: up to a column, and from another on."""
    line = lines[row]
    lines[row : row + 1] = [f"{line[:end].rstrip()}{line_end(lines[0])}", f"{indent}{line[begin:]}"]


def _start(statement: ast.stmt, lines: Sequence[str]) -> tuple[int, int]:
    """Line and column, both from 0, where a statement begins, with its decorators."""
    row = lines_of(statement, lines).start
    return row, _characters(lines[row], statement.col_offset)


def _parts(function: Function) -> tuple[ast.stmt | None, list[ast.stmt]]:
    """The docstring of a function, if it has one, and the rest of its body."""
    if ast.get_docstring(function, clean=False) is None:
        return None, function.body
    return function.body[0], function.body[1:]


def _characters(line: str, offset: int) -> int:
    """A column of the syntax tree, which counts bytes, in characters."""
    return len(line.encode()[:offset].decode())


def _indentation(line: str) -> str:
    return re.match(r"[ \t\f]*", line)[0].rpartition("\f")[2]  # type: ignore[index]


def _about(lines: int) -> str:
    return "about 1 line" if lines == 1 else f"about {lines} lines"
