"""What completes a helper after its definition: a rule, a registration, an entry. Without it the helper is another one."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from grader.source.pieces import Piece
from grader.source.syntax import Definition


def completed(piece: Piece) -> set[str]:
    """The names that a piece seems to complete: `@h.defjvp`, `register(h)`, `h.defjvp(rule)`, `h["a"] = 3`.

    What only looks at one, such as `h(3)` or `print(h)`, does not.
    """
    return {name for one in piece.statements for node in _run_at_once(one) for name in _completed(node)}


def _run_at_once(statement: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a statement, without the bodies of what it defines."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Definition | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _completed(node: ast.AST) -> set[str]:
    if isinstance(node, Definition):
        calls = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
        return {_owner(one) for one in calls} - {""}
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return {_owner(node)} - {""}
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        looks = function != "setattr" and hasattr(builtins, function or "-")
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        names = {one.id for one in given if isinstance(one, ast.Name) and not looks}
        return names | ({_owner(call.func)} - {""})
    return set()


def _owner(node: ast.AST) -> str:
    """The `h` of `h.a["b"].c`; an empty text for what is no part of a name's value."""
    part = node
    while isinstance(part, ast.Attribute | ast.Subscript):
        part = part.value
    return part.id if isinstance(part, ast.Name) and part is not node else ""


def groups(helpers: Sequence[Piece]) -> list[tuple[set[str], list[Piece]]]:
    """The helpers that belong together, since they bind or complete the same names, each group with its names."""
    bound = {name for piece in helpers for name in piece.names}
    found: list[tuple[set[str], list[Piece]]] = []
    for piece in helpers:
        names, group = bound & (piece.names | completed(piece)), [piece]
        near = [one for one in found if one[0] & names]
        for one in near:
            found.remove(one)
        together = [piece for _, pieces in near for piece in pieces] + group
        order = [one for one in helpers if any(one is another for another in together)]
        found.append((names.union(*(one[0] for one in near)), order))
    return found
