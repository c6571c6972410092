"""Which name means what: Python's scopes, read by syntax."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from grader.source.syntax import Definition

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
# What stands in these may run or not.
_Branching = ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.TryStar | ast.Match
# Expressions that bind nothing and open no scope.
_Plain = ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.Compare | ast.Call | ast.Attribute | ast.Subscript


@dataclass(frozen=True, slots=True)
class _Binding:
    """One place that gives a name its meaning."""

    statement: ast.stmt
    replaces: bool  # what the name was bound to before
    imported: str = ""  # the dotted name of what is imported
    value: ast.expr | None = None  # what a plain assignment assigns

    @property
    def end(self) -> tuple[int, int]:
        return self.statement.end_lineno or 0, self.statement.end_col_offset or 0


@dataclass(eq=False, slots=True)
class _Scope:
    above: _Scope | None
    is_class: bool = False
    is_comprehension: bool = False
    bound: dict[str, list[_Binding]] = field(default_factory=dict)
    of_module: set[str] = field(default_factory=set)  # by `global`
    from_outside: set[str] = field(default_factory=set)  # by `nonlocal`

    def in_force(self, name: str, before: tuple[int, int] | None = None) -> list[_Binding]:
        """The bindings of a name that may hold in the end, or before a place in the text."""
        bindings = [
            binding for binding in self.bound.get(name, ()) if before is None or binding.end <= before
        ]
        last = max((index for index, binding in enumerate(bindings) if binding.replaces), default=0)
        return bindings[last:]


class Names:
    """The names of one file: what each stands for where it is read, and what of the file it reaches."""

    def __init__(self, tree: ast.Module) -> None:
        reader = _Reader(tree)
        self._top, self._scopes = reader.top, reader.scopes
        self._known: dict[tuple[_Scope, str, tuple[int, int] | None], set[str]] = {}

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

    def _meanings_of(self, home: _Scope, name: str, before: tuple[int, int] | None = None) -> set[str]:
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

    def read_from_top(self, part: ast.AST, *, loosely: bool = False) -> set[str]:
        """The names of the file's top level that a part of it reads.

        Loosely, a string that holds a name reads it, too: `getattr(module, "softmax")`.
        """
        found = {
            node.id
            for node in ast.walk(part)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and self._home(node) is self._top
        }
        return found | _names_in_strings(part) if loosely else found

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

    def _home(self, node: ast.Name) -> _Scope | None:
        """The scope in which a name that is read was bound; None for Python's own names and for unknown ones."""
        name, start = node.id, self._scopes[node]
        scope: _Scope | None = start
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


class _Reader:
    """Walks through a file once, and finds the scope of each name that is read, and what is bound in each scope."""

    def __init__(self, tree: ast.Module) -> None:
        self.top = self._scope = _Scope(None)
        self.scopes: dict[ast.Name, _Scope] = {}  # in which each name is read
        self._statement: ast.stmt = ast.Pass()  # the innermost one
        self._branches = 0  # around it
        self._from_outside: list[tuple[_Scope, str, _Binding]] = []
        self._read_all(tree.body)
        for scope, name, binding in self._from_outside:  # now that it is known what each scope binds
            home = scope.above or self.top
            while home.above and (home.is_class or name not in home.bound):
                home = home.above
            home.bound.setdefault(name, []).append(binding)

    def _read_all(self, nodes: Iterable[ast.AST | None]) -> None:
        waiting = [*nodes][::-1]
        while waiting:
            node = waiting.pop()
            if isinstance(node, _Plain):  # without recursion: a sum of hundreds of terms is as deep
                waiting += [*ast.iter_child_nodes(node)][::-1]
            elif node:
                self._read(node)

    def _read(self, node: ast.AST) -> None:
        around = self._statement, self._branches
        if isinstance(node, ast.stmt):
            self._statement = node
            self._branches += isinstance(node, _Branching)
        match node:
            case ast.Name(id=name):
                self.scopes[node] = self._scope
                if not isinstance(node.ctx, ast.Load):
                    self._bind(name)
            case ast.Assign(value=value, targets=targets):
                self._read(value)
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign():
                self._read_all([node.value, node.annotation])
                self._assign(node.target, node.value)
            case ast.NamedExpr():
                self._read(node.value)
                self._bind(node.target.id, value=node.value, beyond_comprehensions=True)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._read_all(node.decorator_list)
                self._bind(node.name)
                self._function(node.args, node.body, [*getattr(node, "type_params", ()), node.returns])
            case ast.Lambda():
                self._function(node.args, [node.body])
            case ast.ClassDef():
                self._class(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.Import(names=names):
                for alias in names:
                    first = alias.name.partition(".")[0]
                    self._bind(alias.asname or first, imported=alias.name if alias.asname else first)
            case ast.ImportFrom(names=names):
                for alias in names:
                    imported = f"{node.module}.{alias.name}" if node.module and not node.level else ""
                    self._bind(alias.asname or alias.name, imported=imported)
            case ast.Global(names=names):
                self._scope.of_module.update(names)
            case ast.Nonlocal(names=names):
                self._scope.from_outside.update(names)
            case _:
                self._read_all(ast.iter_child_nodes(node))
                for name in _names_of_its_own(node):
                    self._bind(name)
        self._statement, self._branches = around

    # ---- what opens a scope of its own

    @contextmanager
    def _inside(self, *, is_class: bool = False, is_comprehension: bool = False) -> Iterator[None]:
        outside, self._scope = self._scope, _Scope(self._scope, is_class, is_comprehension)
        yield
        self._scope = outside

    def _function(
        self, given: ast.arguments, body: Sequence[ast.AST], signature: Sequence[ast.AST | None] = ()
    ) -> None:
        positional = [*given.posonlyargs, *given.args]
        defaults = [*[None] * (len(positional) - len(given.defaults)), *given.defaults, *given.kw_defaults]
        arguments = [*positional, *given.kwonlyargs]
        others = [one for one in (given.vararg, given.kwarg) if one]
        self._read_all(defaults)
        with self._inside():  # of type parameters
            self._read_all([*signature, *(one.annotation for one in [*arguments, *others])])
            with self._inside():
                for argument, default in zip(arguments, defaults, strict=True):
                    self._bind(argument.arg, value=default)
                for argument in others:
                    self._bind(argument.arg)
                self._read_all(body)

    def _class(self, node: ast.ClassDef) -> None:
        self._read_all(node.decorator_list)
        self._bind(node.name)
        with self._inside():  # of type parameters
            self._read_all([*getattr(node, "type_params", ()), *node.bases, *node.keywords])
            with self._inside(is_class=True):
                self._read_all(node.body)

    def _comprehension(self, node: _Comprehension) -> None:
        first, *others = node.generators
        self._read(first.iter)
        with self._inside(is_comprehension=True):
            self._read_all([first.target, *first.ifs, *others])
            results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            self._read_all(results)

    # ---- binding

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.scopes[target] = self._scope
            self._bind(target.id, value=value)
        else:
            self._read(target)

    def _bind(
        self,
        name: str,
        *,
        imported: str = "",
        value: ast.expr | None = None,
        beyond_comprehensions: bool = False,
    ) -> None:
        for_sure = self._scope is self.top and not self._branches
        replaces = for_sure and _replaces(self._statement)
        scope, binding = self._scope, _Binding(self._statement, replaces, imported, value)
        while beyond_comprehensions and scope.is_comprehension and scope.above:
            scope = scope.above
        if name in scope.from_outside:
            self._from_outside.append((scope, name, binding))
            return
        home = self.top if name in scope.of_module else scope
        home.bound.setdefault(name, []).append(binding)


def _names_of_its_own(node: ast.AST) -> list[str]:
    """What `except Error as name`, `case [*name]`, `case {**name}` and type parameters bind."""
    names = (getattr(node, "name", None), getattr(node, "rest", None))
    return [name for name in names if isinstance(name, str)]


def _replaces(statement: ast.stmt) -> bool:
    """Whether what a statement binds is from then on that alone. A decorator may keep what was there."""
    if isinstance(statement, Definition):
        return not statement.decorator_list
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None
    return isinstance(statement, ast.Assign | ast.Import | ast.ImportFrom)
