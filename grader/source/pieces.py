"""A text cut into its top-level statements, each with the comments above it, so that no line is lost between them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from grader.source.bindings import Bindings
from grader.source.blocks import Broken, parsed
from grader.source.syntax import lines_of, split_lines


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement, or several that share a line, with the comments above. One without statements is no Python, or ends a text.

    `first` is the line, from 0, that the piece begins on, `begin` that of its statement, `end` the line after its last one.
    """

    text: str  # with the comments and the blank lines above
    first: int
    begin: int
    end: int
    statements: tuple[ast.stmt, ...]
    names: frozenset[str]  # that it binds; of what is no Python, those that it seems to define
    error: SyntaxError | None = None

    @property
    def imports(self) -> bool:
        return bool(self.statements) and all(
            isinstance(one, ast.Import | ast.ImportFrom) for one in self.statements
        )

    @property
    def shape(self) -> list[str]:
        """What is the same for statements that differ in their layout and comments alone."""
        return [ast.dump(one) for one in self.statements]


def pieces(text: str) -> list[Piece]:
    """The pieces of a text, in their order: joined, they are the text."""
    file = parsed(text)
    lines = split_lines(text)
    spans: list[tuple[slice, ast.stmt | None, Broken | None]] = [
        (lines_of(node, lines), node, None) for node in file.tree.body
    ]
    spans += [(block.lines, None, block) for block in file.broken]
    found: list[Piece] = []
    for span, node, block in sorted(spans, key=lambda one: (one[0].start, one[0].stop)):
        if node and found and span.start < found[-1].end:  # on the line that the last one ends on
            before = found.pop()
            span = slice(before.begin, max(before.end, span.stop))
            statements: tuple[ast.stmt, ...] = (*before.statements, node)
        else:
            statements = (node,) if node else ()
        first = found[-1].end if found else 0
        end = _end_of_comments_inside(lines, span.stop) if node else _end_of_text(lines, span)
        names = _bound(statements) if statements else frozenset(block.names if block else ())
        error = block.error if block else None
        found.append(Piece("".join(lines[first:end]), first, span.start, end, statements, names, error))
    last = found[-1].end if found else 0
    if last < len(lines):
        found.append(Piece("".join(lines[last:]), last, len(lines), len(lines), (), frozenset()))
    return found


def _bound(statements: Sequence[ast.stmt]) -> frozenset[str]:
    return frozenset(Bindings(ast.Module([*statements], [])).top.bound)


def _end_of_comments_inside(lines: Sequence[str], end: int) -> int:
    """Behind the comments that are indented below a statement, and so belong to its body."""
    following = end
    while following < len(lines) and (not lines[following].strip() or lines[following].lstrip()[:1] == "#"):
        if lines[following].strip() and lines[following][0] in " \t":
            end = following + 1
        elif lines[following].strip():
            break
        following += 1
    return end


def _end_of_text(lines: Sequence[str], span: slice) -> int:
    """Behind the last line that is not blank."""
    return max((n for n in range(span.start + 1, span.stop + 1) if lines[n - 1].strip()), default=span.stop)


def goes_with(piece: Piece, name: str) -> bool:
    """Whether a piece that follows a definition belongs to it: it binds nothing and speaks of it, as what registers a class."""
    return (
        bool(piece.statements)
        and not piece.names
        and any(
            isinstance(part, ast.Name) and part.id == name
            for one in piece.statements
            for part in ast.walk(one)
        )
    )
