"""Helpers with what completes them: a rule, a registration, an entry. Without it a helper is another one."""

from __future__ import annotations

from collections.abc import Sequence

from grader.source import completions
from grader.source.pieces import Piece


def completed(piece: Piece) -> set[str]:
    """The names that a piece seems to complete: `@h.defjvp`, `register(h)`, `h.defjvp(rule)`, `h["a"] = 3`."""
    return {name for statement in piece.statements for name in completions.completed(statement)}


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
