"""From a solution's text to the stub that a learner starts from: a pure function on text.

The bodies of top-level functions, and of methods in top-level classes, are cut out by their place in
the syntax tree; so are the decorators of classes, which belong to the answer (how a class is registered).
Everything else, comments and blank lines too, stays as it was written.
"""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef


def stub(solution: str) -> str:
    """Return the stub of a solution's source text.

    Raises SyntaxError when the text is not Python.
    """
    lines = solution.splitlines(keepends=True)
    tree = ast.parse(solution)
    # From the last to the first, so that earlier line numbers stay true.
    for node in reversed(tree.body):
        for function in reversed(_functions(node)):
            _cut_body(lines, function)
        if isinstance(node, ast.ClassDef) and node.decorator_list:
            del lines[node.decorator_list[0].lineno - 1 : node.lineno - 1]
    return "".join(lines)


def _functions(node: ast.stmt) -> list[Function]:
    """The function, or the methods of the class, that a top-level statement defines."""
    members = node.body if isinstance(node, ast.ClassDef) else [node]
    return [member for member in members if isinstance(member, Function)]


def _cut_body(lines: list[str], function: Function) -> None:
    body = _body_without_docstring(function)
    if not body:
        return
    first, last = body[0].lineno, function.end_lineno or body[-1].lineno
    # Comments between the docstring and the first statement belong to the answer.
    start = _end_of_head(function)
    indent = " " * body[0].col_offset
    size = sum(1 for line in lines[first - 1 : last] if line.strip() and not line.strip().startswith("#"))
    lines[start:last] = [
        f"{indent}# Your code here: {_about(size)}.\n",
        f"{indent}raise NotImplementedError\n",
    ]


def _body_without_docstring(function: Function) -> list[ast.stmt]:
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def _end_of_head(function: Function) -> int:
    """The number of the last line before the answer: the docstring's, so that comments after it go too."""
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        return first.end_lineno or first.lineno
    return first.lineno - 1


def _about(lines: int) -> str:
    return "about 1 line" if lines == 1 else f"about {lines} lines"
