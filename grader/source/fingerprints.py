"""Fingerprints of a learner's exercises: which of them has changed since it was judged.

An exercise's verdict depends on its own text, on what it names in the file, on what that names in turn, and on the
statements that are no definitions (imports, constants, settings of JAX). Read by syntax alone.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from grader.source.blocks import blocks, parsed

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Source:
    """One exercise in a learner's file: a hash of all that its verdict depends on, and the line that it begins on."""

    fingerprint: str
    line: int


def sources(text: str, exercises: Iterable[str]) -> dict[str, Source]:
    """The exercises that stand in the text, those in a block with a syntax error left out."""
    try:
        body = _statements(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError, MemoryError):
        return {}
    lines = text.splitlines(keepends=True)
    definitions: dict[
        str, list[_Definition]
    ] = {}  # all of a name: a later one may stand in the shadow of a decorator
    common = ""
    for node in body:
        if isinstance(node, _Definition):
            definitions.setdefault(node.name, []).append(node)
        else:
            common += _text(node, lines)
    return {
        name: Source(_fingerprint(name, definitions, common, lines), definitions[name][-1].lineno)
        for name in exercises
        if name in definitions
    }


def _statements(text: str) -> list[ast.stmt]:
    """The top level of all blocks that parse, as the worker loads them."""
    try:
        return ast.parse(text).body
    except SyntaxError:
        pass
    found: list[ast.stmt] = []
    for start, block in blocks(text):
        with suppress(SyntaxError):
            found += parsed(start, block).body
    return found


def _fingerprint(name: str, definitions: dict[str, list[_Definition]], common: str, lines: list[str]) -> str:
    needed, open_names = {name}, [name]
    open_names += _names(ast.parse(common)) & definitions.keys()
    needed.update(open_names)
    while open_names:
        for definition in definitions[open_names.pop()]:
            fresh = (_names(definition) & definitions.keys()) - needed
            needed |= fresh
            open_names += fresh
    parts = [_text(node, lines) for one in sorted(needed) for node in definitions[one]]
    return hashlib.sha256("\0".join([name, common, *parts]).encode("utf-8", "surrogatepass")).hexdigest()


def _names(tree: ast.AST) -> set[str]:
    """Names that are read, and those in strings: `getattr(module, "softmax")` reads one, too."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()
    }


def _text(node: ast.stmt, lines: list[str]) -> str:
    """The lines of a statement, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "".join(lines[first - 1 : node.end_lineno])
