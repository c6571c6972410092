"""A learner's text cut into top-level blocks, so that a syntax error costs one of them and not the file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from grader.source.layout import Place, layout
from grader.source.syntax import Definition, at_margin, name_defined, parse, says_nothing, split_lines

# What begins a block, whatever stands above it. In a bracket it cannot stand: somebody left that open.
_KEYWORD = re.compile(r"(?:async\s+def|def|class|import)\b|from\s+[\w.]+\s+import\b")
_DEFINITION = re.compile(r"(?:async\s+def|def|class)\b")
_IMPORT = re.compile(r"(?:import|from)\b")
# Other statements that begin one; the words are those that go on with what is above.
_STATEMENT = re.compile(r"(?!(?:else|elif|except|finally|return|yield|break|continue)\b)[\w\"'(\[{]")
# `dfe softmax(x):`, when it is no Python.
_MISSPELT = re.compile(r"(\w+)\s+(\w+)\s*[(:]")
_BROKEN = 12  # lines that one broken block more is worth


@dataclass(frozen=True, slots=True)
class Broken:
    """A block that is no Python: its lines, counted from 0, why, and what it would have defined."""

    lines: slice
    error: SyntaxError
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What can be read of a text. The numbers in its tree are those of the whole text."""

    lines: list[str]
    tree: ast.Module
    broken: tuple[Broken, ...]

    @property
    def text(self) -> str:
        """The text with blank lines where it is broken."""
        lines = list(self.lines)
        for block in self.broken:
            lines[block.lines] = ["\n"] * (block.lines.stop - block.lines.start)
        return "".join(lines)

    def line_of(self, name: str) -> int | None:
        """The line, counted from 1, on which a function or class begins, the last of that name; None where there is none."""
        found = [node.lineno for node in self.tree.body if isinstance(node, Definition) and node.name == name]
        broken = [block.lines.start + 1 for block in self.broken if name in block.names]
        return max(found + broken, default=None)


@lru_cache(maxsize=2)  # one who watches asks about the same text again and again
def parsed(text: str, name: str = "<text>") -> Parsed:
    """The syntax tree of all top-level blocks that parse, and the others with their errors."""
    lines = split_lines(text.removeprefix("\ufeff"))
    try:
        return Parsed(lines, parse("".join(lines), name), ())
    except SyntaxError:
        pass
    found: list[ast.stmt] = []
    broken = []
    for begin, end, block in _Cutter(lines, name).blocks():
        if isinstance(block, SyntaxError):
            names = filter(None, map(_name_meant, lines[begin:end]))
            broken.append(Broken(slice(begin, end), block, tuple(names)))
        else:
            found += block.body
    return Parsed(lines, ast.Module(found, []), tuple(broken))


@dataclass(frozen=True, slots=True)
class _Cut:
    """The best way to read a text from some line on: where the block there ends, and what all that follows costs."""

    end: int
    cost: int  # in lines
    tree: ast.Module | None  # none when the block is broken


class _Cutter:
    """Finds the blocks of a text that does not parse.

    A string or a bracket that somebody left open hides what follows: definitions seem to be its words. And a string may
    hold words that look like definitions. So each line that a block could begin with is tried, from the last to the first,
    and the cuts that cost least are taken: a broken block costs its lines, and some more for being one.
    """

    def __init__(self, lines: Sequence[str], name: str) -> None:
        self._lines, self._name = lines, name
        self._cuts = {len(lines): _Cut(len(lines), 0, None)}

    def blocks(self) -> Iterator[tuple[int, int, ast.Module | SyntaxError]]:
        """(first line, line after the last, syntax tree or error) of each block."""
        begins = {0, *(number for number, line in enumerate(self._lines) if _may_begin(at_margin(line)))}
        for begin in sorted(begins, reverse=True):
            self._cuts[begin] = self._cut(begin)
        begin = 0
        while begin < len(self._lines):
            cut = self._cuts[begin]
            yield begin, cut.end, cut.tree or self._read(begin, cut.end)
            begin = cut.end

    def _read(self, begin: int, end: int) -> ast.Module | SyntaxError:
        """The syntax tree of some of the lines, or why they are no Python."""
        try:
            return parse("\n" * begin + "".join(self._lines[begin:end]), self._name)
        except SyntaxError as error:
            return error

    def _cut(self, begin: int) -> _Cut:
        end, hidden = self._extent(begin)
        block, below = self._read(begin, end), self._cuts[end].cost
        tree = block if isinstance(block, ast.Module) else None
        cuts = [_Cut(end, below if tree else _BROKEN + end - begin + below, tree)]
        # Also where it parses: what was left open may be closed by the next string's beginning.
        cuts += [
            _Cut(line, _BROKEN + line - begin + self._cuts[line].cost, None) for line in hidden if line < end
        ]
        return min(cuts, key=lambda cut: (cut.cost, cut.end))

    def _extent(self, begin: int) -> tuple[int, list[int]]:
        """Where a block ends if nothing in it was left open, and the lines in its strings and brackets that may begin one."""
        hidden: list[int] = []
        # This line begins the next block, unless it is a line out of the middle of this one.
        candidate: int | None = None
        at_first, in_decorators, below_header = True, False, False
        for line in layout(self._lines, begin):
            below_header |= line.below_header
            if line.number == len(self._lines):
                break
            text = at_margin(self._lines[line.number])
            if line.place is not Place.CODE:
                if in_decorators:
                    in_decorators = not _DEFINITION.match(text)
                elif line.place is not Place.STRING and _KEYWORD.match(text):
                    return line.number, hidden
                elif _may_begin(text):
                    hidden.append(line.number)
            elif not says_nothing(self._lines[line.number]):
                if candidate and (text or below_header):
                    break
                candidate, below_header = None, False
                if in_decorators and not _IMPORT.match(text):
                    in_decorators = not text or text.startswith("@")
                elif at_first:
                    in_decorators = text.startswith("@")
                elif text.startswith("@") or _KEYWORD.match(text):
                    return line.number, hidden
                elif _STATEMENT.match(text) and not line.below_header:
                    candidate = line.number
                at_first = False
        return candidate or len(self._lines), hidden


def _name_meant(line: str) -> str:
    """The name that a line at the left margin begins to define, also where `def` or `class` is misspelt."""
    if name := name_defined(line):
        return name
    head = _MISSPELT.match(at_margin(line))
    return head[2] if head and get_close_matches(head[1].lower(), ("def", "class"), n=1) else ""


def _may_begin(text: str) -> bool:
    """Whether a line, from the margin on, could begin a block."""
    return text.startswith("@") or bool(_STATEMENT.match(text))
