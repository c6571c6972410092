"""Fingerprints of a learner's exercises: which of them has changed since it was judged.

An exercise's verdict depends on its own text, on what it names in the file, on what that names in turn, and on the
statements that are no definitions (imports, constants, settings of JAX). Read by syntax alone.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.source.blocks import parsed
from grader.source.scopes import Names
from grader.source.syntax import Definition, lines_of


@dataclass(frozen=True, slots=True)
class Source:
    """One exercise in a learner's file: a hash of all that its verdict depends on, and the line that it begins on."""

    fingerprint: str
    line: int


def sources(text: str, exercises: Iterable[str]) -> dict[str, Source]:
    """The exercises that stand in the text, those in a block with a syntax error left out."""
    if not _is_loaded_at_all(text):
        return {}
    file = parsed(text)
    names = Names(file.tree)
    definitions: dict[str, list[Definition]] = {}  # all of a name: one may stand in the shadow of a decorator
    common: list[ast.stmt] = []
    for node in file.tree.body:
        if isinstance(node, Definition):
            definitions.setdefault(node.name, []).append(node)
        else:
            common.append(node)
    common_text = "".join(_text(node, file.lines) for node in common)
    common_names = set().union(*(names.read_from_top(node, loosely=True) for node in common))

    def fingerprint(name: str) -> str:
        needed = sorted(names.reached([name, *common_names], loosely=True) & definitions.keys())
        parts = [_text(node, file.lines) for one in needed for node in definitions[one]]
        return hashlib.sha256("\0".join([name, common_text, *parts]).encode()).hexdigest()

    return {
        name: Source(fingerprint(name), definitions[name][-1].lineno)
        for name in exercises
        if name in definitions
    }


def _is_loaded_at_all(text: str) -> bool:
    """Not when it holds NUL characters or bytes that are no UTF-8: then no exercise of the file is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _text(node: ast.stmt, lines: Sequence[str]) -> str:
    return "".join(lines[lines_of(node, lines)])
