"""What a statement adds to a helper that was made above it: a rule, an entry, a registration. Read by syntax."""

from __future__ import annotations

import ast
import re

from grader.source.syntax import Definition

# Calls are made for what they do only where their names say so: `h.defjvp(rule)`, `register_pytree_node(Pair, ...)`,
# `T.update(a=3)`, `setattr(Pair, ...)`. All others, such as `print(h)`, somebody made to look at something.
_ADDS = re.compile(
    r"(?:def(?!ault)|register|set|add|append|extend|insert|update|remove|discard|pop|clear|sort)"
)


def completed(statement: ast.stmt) -> set[str]:
    """The names that a statement of the top level adds something to; what it binds, it makes, and is not among them.

    That is what it stores into, what decorators are attributes of, and what is registered. The bodies of functions run later.
    """
    found: set[str] = set()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Definition):
            parts = (part for decorator in node.decorator_list for part in ast.walk(decorator))
            found |= {_name(part.value) for part in parts if isinstance(part, ast.Attribute)}
            continue
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            found |= _stored_into(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found |= _registered(node.value)
        if not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found - {""}


def _stored_into(target: ast.Attribute | ast.Subscript) -> set[str]:
    """`T` of `T.rows["a"]`, and `p` of `ad.primitive_jvps[p]`, which is a table of somebody else's."""
    found = set()
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
        found.add(_name(target.slice))
    return found | {_owner(target)}


def _registered(call: ast.Call) -> set[str]:
    """What a call is a method of, and what it is given, where its name says that it adds something."""
    function = call.func
    if isinstance(function, ast.Attribute):
        name, owner = function.attr, _owner(function)
    else:
        name, owner = _name(function), ""
    if not _ADDS.match(name):
        return set()
    return {owner, *map(_name, call.args), *(_name(keyword.value) for keyword in call.keywords)}


def _owner(node: ast.expr) -> str:
    """`T` of `T.rows["a"].append`; empty where it is no name's."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return _name(node)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""
