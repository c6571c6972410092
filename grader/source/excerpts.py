"""One definition cut out of a file, without its docstrings and with the file's own line numbers. Read by syntax alone."""

from __future__ import annotations

from collections.abc import Sequence

from grader.source.syntax import Definition, Function, docstrings, lines_of, parse, split_lines

Numbered = tuple[tuple[int, str], ...]  # (line number, line)


def excerpt(text: str, name: str) -> Numbered | None:
    """The lines of a top-level function or class, decorators included; None when the text holds no such definition.

    Of several definitions of one name it is the last, which is the one that counts. Raises SyntaxError when the text
    is not Python.
    """
    body = parse(text).body
    node = next((node for node in reversed(body) if isinstance(node, Definition) and node.name == name), None)
    if node is None:
        return None
    lines = [line.rstrip("\r\n") for line in split_lines(text)]
    where, hidden = lines_of(node, lines), _hidden_lines(node, lines)
    numbers = range(where.start + 1, where.stop + 1)
    return tuple((number, lines[number - 1]) for number in numbers if number not in hidden)


def signature_lines(text: str, name: str) -> int:
    """How many lines a function's signature takes, from its `def` on; 0 for one with decorators, and for all else.

    Raises SyntaxError when the text is not Python.
    """
    found = (
        node for node in reversed(parse(text).body) if isinstance(node, Definition) and node.name == name
    )
    node = next(found, None)
    if not isinstance(node, Function) or node.decorator_list:
        return 0
    return max(node.body[0].lineno - node.lineno, 0)


def _hidden_lines(node: Definition, lines: Sequence[str]) -> set[int]:
    """The lines of the docstrings of a definition and of those inside it, with the blank lines below each."""
    hidden: set[int] = set()
    for inner, docstring in docstrings(node, lines):
        if len(inner.body) == 1:
            continue
        last = docstring.end_lineno or docstring.lineno
        hidden.update(range(docstring.lineno, last + 1))
        while last < len(lines) and not lines[last].strip():
            last += 1
            hidden.add(last)
    return hidden
