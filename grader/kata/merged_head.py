"""The head of a learner's file, brought in step with a new stub: the module's docstring, and imports that stubs need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.kata.day_text import Block, DayText
from grader.source.syntax import parse, says_nothing


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of a file, counted from 0, and those that come in their place."""

    where: slice
    lines: Block


@dataclass(frozen=True, slots=True)
class Head:
    """What is done to a head."""

    edits: tuple[Edit, ...] = ()
    imports: tuple[str, ...] = ()  # statements that are added
    clashes: tuple[str, ...] = ()  # imports that cannot be added, since their name means something else


@dataclass(frozen=True, slots=True)
class _Imported:
    """One name that an import binds: `numpy` of `jax` as `jnp`."""

    module: str  # empty for a plain import
    name: str
    alias: str | None

    @property
    def bound(self) -> str:
        return self.alias or (self.name if self.module else self.name.partition(".")[0])

    @property
    def dotted(self) -> str:
        """What the bound name stands for."""
        if self.module:
            return f"{self.module}.{self.name}"
        return self.name if self.alias else self.bound


def head_edits(mine: DayText, known: Sequence[DayText], fresh: DayText, brought: Sequence[str]) -> Head:
    """Bring a head in step. One that is untouched becomes the new one; to others only what is needed is added."""
    if mine.head_lines == fresh.head_lines:
        return Head()
    had, has = _imports_of(mine), _imports_of(fresh)
    if any(mine.head_lines == one.head_lines for one in known) and set(had) <= set(has):
        new = tuple(_statement(one) for one in has if one not in had)
        return Head((Edit(slice(0, mine.head_end), fresh.head_lines),), new)
    edits = _docstring(mine, known, fresh)
    # Where nobody knows what was brought, a head in which something is missing may be an older one.
    before = _imports_of(known[-1]) if known else [] if brought else has
    read = {
        node.id
        for name in brought
        for node in ast.walk(parse("\n".join(fresh.block(name))))
        if isinstance(node, ast.Name)
    }
    wanted = [one for one in has if one.bound in read or one not in before]
    missing = [one for one in wanted if not mine.names.bound_at_top(one.bound)]
    other = [one for one in wanted if one not in missing and one.bound in read]
    clashes = [one for one in other if one.dotted not in mine.names.meanings_at_top(one.bound)]
    statements = tuple(_statements(missing))
    if statements:
        edits = (*edits, _added(mine, statements))
    return Head(edits, statements, tuple(map(_statement, clashes)))


def _docstring(mine: DayText, known: Sequence[DayText], fresh: DayText) -> tuple[Edit, ...]:
    """The module's docstring replaced, where it is one that was brought."""
    if mine.docstring is None or fresh.docstring is None:
        return ()
    lines, new = mine.plain[mine.docstring], fresh.plain[fresh.docstring]
    brought = [one.plain[one.docstring] for one in known if one.docstring]
    return (Edit(mine.docstring, new),) if lines in brought and lines != new else ()


def _added(mine: DayText, statements: Sequence[str]) -> Edit:
    """Imports below the last one, else below the docstring, else below the remarks that a file begins with."""
    if mine.imports:
        end = mine.imports[-1][1].stop
        return Edit(slice(end, end), tuple(statements))
    if mine.docstring:
        end = mine.docstring.stop
        return Edit(slice(end, end), ("", *statements))
    end = 0
    while end < mine.head_end and mine.plain[end].strip() and says_nothing(mine.plain[end]):
        end += 1
    gap = ("", "") if end < len(mine.plain) and mine.plain[end].strip() else ()
    return Edit(slice(end, end), (*statements, *gap))


def _imports_of(text: DayText) -> list[_Imported]:
    found = []
    for node, _ in text.imports:
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        if module != "__future__":  # it would change what the learner's own lines mean
            found += [_Imported(module, one.name, one.asname) for one in node.names]
    return found


def _statements(imported: Sequence[_Imported]) -> Iterator[str]:
    """One for each plain import, and one for each module of the others."""
    modules = dict.fromkeys(one.module for one in imported if one.module)
    yield from (_statement(one) for one in imported if not one.module)
    for module in modules:
        names = ", ".join(_name(one) for one in imported if one.module == module)
        yield f"from {module} import {names}"


def _statement(one: _Imported) -> str:
    return f"from {one.module} import {_name(one)}" if one.module else f"import {_name(one)}"


def _name(one: _Imported) -> str:
    return f"{one.name} as {one.alias}" if one.alias else one.name
