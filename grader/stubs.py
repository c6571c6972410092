"""From a solution's text to the stub that a learner starts from: a pure function on text.

The bodies of top-level functions, and of methods in top-level classes, are cut out by their place in
the syntax tree. Everything else, comments and blank lines too, stays as it was written.
"""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef


def stub(solution: str) -> str:
    """Return the stub of a solution's source text.

    Raises SyntaxError when the text is not Python.
    """
    lines = solution.splitlines(keepends=True)
    # From the last to the first, so that earlier line numbers stay true.
    for function in reversed(_functions(ast.parse(solution))):
        body = _body_without_docstring(function)
        if not body:
            continue
        first, last = body[0].lineno, function.end_lineno or body[-1].lineno
        # Comments between the docstring and the first statement belong to the answer.
        start = _end_of_head(function)
        indent = " " * body[0].col_offset
        size = sum(1 for line in lines[first - 1 : last] if line.strip() and not line.strip().startswith("#"))
        replacement = [
            f"{indent}# Your code here: {_about(size)}.\n",
            f"{indent}raise NotImplementedError\n",
        ]
        lines[start:last] = replacement
    return "".join(lines)


def _functions(tree: ast.Module) -> list[Function]:
    found: list[Function] = []
    for node in tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        found += [member for member in members if isinstance(member, Function)]
    return found


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
