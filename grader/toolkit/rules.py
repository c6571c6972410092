"""What the rules of an exercise leave out: names that its answer may not use."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.findings import Finding, Kind
from grader.source.scopes import Names
from grader.toolkit.handles import Handle
from grader.toolkit.verdicts import WrongAnswer


def bans(handle: Handle, *names: str) -> None:
    """The learner's function, and what it uses of the same file, uses none of these dotted names.

    `jax.nn` bans all of that module. Imports and assignments under other names are seen through, as Python's scopes have
    them. `hash` bans Python's own function, unless the file gives something else that name. Raises WrongAnswer.
    """
    for dotted, line in _uses(Names(handle.session.learner.tree), handle.name):
        for banned in names:
            if dotted == banned or dotted.startswith(f"{banned}."):
                finding = Finding(
                    "uses what its rules leave out",
                    Kind.BANNED_NAME,
                    handle.name,
                    expected=f"no {banned}",
                    got=f"{dotted} on line {line}",
                    line=line,
                )
                raise WrongAnswer(finding)


def _uses(file: Names, name: str) -> Iterator[tuple[str, int]]:
    """Dotted names that a definition uses, with their lines: what stands in itself comes first."""
    own = file.bound_at_top(name)
    for dotted in sorted(file.meanings_at_top(name)):  # it may be nothing but another name for something
        yield dotted, own[-1].lineno
    reached = [statement for other in file.reached([name]) for statement in file.bound_at_top(other)]
    for statement in [*own, *sorted(set(reached) - set(own), key=lambda statement: statement.lineno)]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                for dotted in sorted(file.meanings(node)):
                    yield dotted, node.lineno
