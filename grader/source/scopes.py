"""Which name means what: what a name stands for where it is read, and what of a file it reaches. Read by syntax."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable

from grader.source.bindings import Bindings, Scope


class Names:
    """The names of one file: what each stands for where it is read, and what of the file it reaches."""

    def __init__(self, tree: ast.Module) -> None:
        bindings = Bindings(tree)
        self._top, self._scopes = bindings.top, bindings.scopes
        self._read: dict[tuple[ast.AST, bool], set[str]] = {}
        self._known: dict[tuple[Scope, str, tuple[int, int] | None], set[str]] = {}

    def meanings(self, node: ast.AST) -> set[str]:
        """The dotted names that `nn.softmax` may stand for, such as jax.nn.softmax; none for what the file itself makes.

        Imports and plain assignments are seen through, `h = hash` too. A name that is bound more than once may stand for
        each.
        """
        if isinstance(node, ast.Attribute):
            return {f"{owner}.{node.attr}".removeprefix("builtins.") for owner in self.meanings(node.value)}
        if not isinstance(node, ast.Name):
            return set()
        home = self._home(node)
        if home is None:
            return {node.id} & vars(builtins).keys()
        # What stands at the top level runs once, in its turn; functions run later.
        at_once = home is self._top and self._scopes[node] is self._top
        return self._meanings_of(home, node.id, (node.lineno, node.col_offset) if at_once else None)

    def meanings_at_top(self, name: str) -> set[str]:
        """The dotted names that a name of the top level may stand for in the end."""
        return self._meanings_of(self._top, name)

    def _meanings_of(self, home: Scope, name: str, before: tuple[int, int] | None = None) -> set[str]:
        key = home, name, before
        if key not in self._known:
            found = self._known[key] = set()  # filled below: names may go in circles
            for binding in home.in_force(name, before):
                found |= {binding.imported.removeprefix("builtins.")} - {""}
                found |= self.meanings(binding.value) if binding.value else set()
        return self._known[key]

    def bound_at_top(self, name: str) -> list[ast.stmt]:
        """The statements that bind a name of the top level, without those that a later one replaces."""
        return [binding.statement for binding in self._top.in_force(name)]

    def binds_at_top(self, name: str) -> list[ast.stmt]:
        """All statements that bind a name of the top level, those that a later one replaces, too, in their order."""
        return [binding.statement for binding in self._top.bound.get(name, [])]

    def read_from_top(self, part: ast.AST, *, loosely: bool = False) -> set[str]:
        """The names of the file's top level that a part of it reads.

        Loosely, a string that holds a name reads it, too: `getattr(module, "softmax")`.
        """
        if (part, loosely) not in self._read:
            found = {
                node.id
                for node in ast.walk(part)
                if isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Load)
                and self._home(node) is self._top
            }
            self._read[part, loosely] = found | _names_in_strings(part) if loosely else found
        return self._read[part, loosely]

    def reached(self, start: Iterable[str], *, but: Collection[str] = (), loosely: bool = False) -> set[str]:
        """Names of the top level: those to start from, what their statements read, what that reads in turn, and so on.

        Nothing is reached through the names in `but`. Loosely, strings read too, and so does what was replaced.
        """
        found: set[str] = set()
        waiting = set(start)
        while waiting:
            name = waiting.pop()
            found.add(name)
            bindings = self._top.bound.get(name, []) if loosely else self._top.in_force(name)
            for binding in bindings:
                waiting |= self.read_from_top(binding.statement, loosely=loosely) - set(but)
            waiting -= found
        return found

    def _home(self, node: ast.Name) -> Scope | None:
        """The scope in which a name that is read was bound; None for Python's own names and for unknown ones."""
        name, start = node.id, self._scopes[node]
        scope: Scope | None = start
        while scope:
            if name in scope.of_module:
                scope = self._top
            if name in scope.bound and (scope is start or not scope.is_class):
                return scope
            scope = scope.above
        return None


def _names_in_strings(part: ast.AST) -> set[str]:
    strings = (node.value for node in ast.walk(part) if isinstance(node, ast.Constant))
    return {string for string in strings if isinstance(string, str) and string.isidentifier()}
