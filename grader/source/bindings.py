"""The scopes of a file as Python has them, and what each name is bound to in them. Read by syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from grader.source.syntax import Definition

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
# What stands in these may run or not.
_Branching = ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.TryStar | ast.Match
# Expressions that bind nothing and open no scope.
_Plain = (
    ast.BinOp | ast.BoolOp | ast.IfExp | ast.UnaryOp | ast.Compare | ast.Call | ast.Attribute | ast.Subscript
)


@dataclass(frozen=True, slots=True)
class Binding:
    """One place that gives a name its meaning."""

    statement: ast.stmt
    replaces: bool  # what the name was bound to before
    imported: str = ""  # the dotted name of what is imported
    value: ast.expr | None = None  # what a plain assignment assigns

    @property
    def end(self) -> tuple[int, int]:
        return self.statement.end_lineno or 0, self.statement.end_col_offset or 0


@dataclass(eq=False, slots=True)
class Scope:
    """The module, a class, a function or a comprehension; `above` is the scope around it."""

    above: Scope | None
    is_class: bool = False
    is_comprehension: bool = False
    bound: dict[str, list[Binding]] = field(default_factory=dict)
    of_module: set[str] = field(default_factory=set)  # by `global`
    from_outside: set[str] = field(default_factory=set)  # by `nonlocal`

    def in_force(self, name: str, before: tuple[int, int] | None = None) -> list[Binding]:
        """The bindings of a name that may hold in the end, or before a place in the text."""
        bindings = [
            binding for binding in self.bound.get(name, ()) if before is None or binding.end <= before
        ]
        last = max((index for index, binding in enumerate(bindings) if binding.replaces), default=0)
        return bindings[last:]


class Bindings:
    """Walks through a file once, and finds the scope of each name that is read, and what is bound in each scope."""

    def __init__(self, tree: ast.Module) -> None:
        self.top = self._scope = Scope(None)
        self.scopes: dict[ast.Name, Scope] = {}  # in which each name is read
        self._statement: ast.stmt = ast.Pass()  # the innermost one
        self._branches = 0  # around it
        self._from_outside: list[tuple[Scope, str, Binding]] = []
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
                self.scopes[node.target] = self._scope
                self._bind(node.target.id, value=node.value, beyond_comprehensions=True)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._read_all(node.decorator_list)
                self._bind(node.name)
                with self._of_type_parameters(node):
                    self._function(node.args, node.body, node.returns)
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
        outside, self._scope = self._scope, Scope(self._scope, is_class, is_comprehension)
        yield
        self._scope = outside

    @contextmanager
    def _of_type_parameters(self, node: ast.AST) -> Iterator[None]:
        """The scope of the T in `def f[T](x: T)`, where there is one."""
        parameters = getattr(node, "type_params", ())
        with self._inside() if parameters else nullcontext():
            self._read_all(parameters)
            yield

    def _function(
        self, given: ast.arguments, body: Sequence[ast.AST], returns: ast.expr | None = None
    ) -> None:
        positional = [*given.posonlyargs, *given.args]
        defaults = [*[None] * (len(positional) - len(given.defaults)), *given.defaults, *given.kw_defaults]
        arguments = [*positional, *given.kwonlyargs]
        others = [one for one in (given.vararg, given.kwarg) if one]
        self._read_all([*defaults, *(one.annotation for one in [*arguments, *others]), returns])
        with self._inside():
            for argument, default in zip(arguments, defaults, strict=True):
                self._bind(argument.arg, value=default)
            for argument in others:
                self._bind(argument.arg)
            self._read_all(body)

    def _class(self, node: ast.ClassDef) -> None:
        self._read_all(node.decorator_list)
        self._bind(node.name)
        with self._of_type_parameters(node):
            self._read_all([*node.bases, *node.keywords])
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
        scope, binding = self._scope, Binding(self._statement, replaces, imported, value)
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
