"""How many lines of code a function takes, read by syntax."""

from __future__ import annotations

import ast
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

    Functions and classes of the same file that it uses are counted whole, unless they are exercises themselves; so are
    rules that are handed to it below (`@f.defjvp`, `f.defvjp(forward, backward)`). A syntax error in another block is
    passed over.
    """
    file = parsed(source)
    names = Names(file.tree)
    handed, wanted = _handed_to(name, file.tree)
    for current in names.reached([name, *handed], but=exercises):
        for node in names.bound_at_top(current):
            if isinstance(node, Definition):
                first = node.body[0].lineno if current == name else node.lineno
                wanted.update(range(first, (node.end_lineno or first) + 1))
                for _, docstring in docstrings(node, file.lines):
                    wanted.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(wanted & set(_code_lines(file.text)))


def _handed_to(name: str, tree: ast.Module) -> tuple[list[str], set[int]]:
    """The functions that a file hands to a method of another one at its top level, and the lines of the calls that do."""
    handed: list[str] = []
    lines: set[int] = set()
    for node in tree.body:
        if isinstance(node, Definition):
            if any(_is_method_of(name, decorator) for decorator in node.decorator_list):
                handed.append(node.name)
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and _is_method_of(name, node.value.func)
        ):
            handed += [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id != name]
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return handed, lines


def _is_method_of(name: str, node: ast.expr) -> bool:
    """Whether it is `name.method`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def _code_lines(text: str) -> Iterator[int]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            yield from range(token.start[0], token.end[0] + 1)
