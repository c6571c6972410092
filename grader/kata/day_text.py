"""A day's file as `update` looks at it: its head, its definitions, what is no Python. Line ends do not count."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cached_property

from grader.kata.stubs import stub
from grader.source.blocks import parsed
from grader.source.scopes import Names
from grader.source.syntax import Definition, functions_in, lines_of, parse

Block = tuple[str, ...]  # lines without their ends
_YOUR_CODE = re.compile(r"\s*# Your code here: about \d+ lines?\.")

_TO_DO = "raise NotImplementedError"


class DayText:
    """A learner's file, or a stub. `definitions` are the lines of each top-level function and class, all of a name."""

    def __init__(self, text: str) -> None:
        file = parsed(text)
        self.lines, self.tree, self.broken = file.lines, file.tree, file.broken
        self.plain: Block = tuple(line.rstrip("\r\n") for line in file.lines)
        self.definitions: dict[str, list[slice]] = {}
        for node in self.tree.body:
            if isinstance(node, Definition):
                self.definitions.setdefault(node.name, []).append(lines_of(node, self.lines))

    def block(self, name: str) -> Block:
        """The lines of the definition that counts; none where there is none."""
        return self.plain[self.definitions[name][-1]] if name in self.definitions else ()

    @cached_property
    def names(self) -> Names:
        """What its names stand for."""
        return Names(self.tree)

    @property
    def in_broken_blocks(self) -> set[str]:
        """What would be defined where it is no Python."""
        return {name for block in self.broken for name in block.names}

    # ---- the head: all that stands above the first definition

    @cached_property
    def head_end(self) -> int:
        """The line after the head, blank lines below it left out."""
        starts = [where.start for places in self.definitions.values() for where in places]
        end: int = min([*starts, *(block.lines.start for block in self.broken), len(self.lines)])
        while end and not self.plain[end - 1].strip():
            end -= 1
        return end

    @property
    def head_lines(self) -> Block:
        return self.plain[: self.head_end]

    @cached_property
    def docstring(self) -> slice | None:
        """The lines of the module's docstring."""
        first = self.tree.body[0] if self.tree.body else None
        if first is None or ast.get_docstring(self.tree, clean=False) is None:
            return None
        return lines_of(first, self.lines)

    @cached_property
    def imports(self) -> list[tuple[ast.Import | ast.ImportFrom, slice]]:
        """The imports in the head, and where each lies."""
        return [
            (node, lines_of(node, self.lines))
            for node in self.tree.body
            if isinstance(node, ast.Import | ast.ImportFrom) and (node.end_lineno or 0) <= self.head_end
        ]

    # ---- whether somebody has written in it

    def all_untouched(self, fresh: DayText) -> bool:
        """Whether it is nothing but stubs of what another one has, by their looks, below imports and a docstring."""
        for name, places in self.definitions.items():
            block, now = self.block(name), fresh.block(name)
            if len(places) > 1 or not (block == now or (now and looks_untouched(block, now))):
                return False
        known = [where for places in self.definitions.values() for where in places]
        known += [where for _, where in self.imports] + ([self.docstring] if self.docstring else [])
        within = {line for where in known for line in range(where.start, where.stop)}
        return not any(line.strip() for number, line in enumerate(self.plain) if number not in within)


def looks_untouched(block: Block, now: Block) -> bool:
    """Whether a definition is a stub in which nobody has written: docstring, and what raises NotImplementedError.

    Remarks and decorators are the learner's, unless they stand in the stub as it is `now`, too.
    """
    text = "\n".join(block) + "\n"
    try:
        (node,) = parse(text).body
        again = tuple(stub(text).splitlines())
    except (SyntaxError, ValueError):
        return False
    marks = [line for line in block if _YOUR_CODE.fullmatch(line)]
    if not (functions_in(node) and marks and without_sizes(again) == without_sizes(block)):
        return False
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    starts = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    starts |= {part.lineno for one in ast.walk(node) for part in getattr(one, "decorator_list", ())}
    return all(block[line - 1] in {*marks, *now} for line in starts)


def promises(block: Block) -> Block:
    """What a definition promises: its signature and its docstring, and those of a class's methods."""
    text = "\n".join(block) + "\n"
    try:
        lines = stub(text).splitlines()
        (node,) = parse("\n".join(lines)).body
    except (SyntaxError, ValueError):
        return block
    if not isinstance(node, ast.ClassDef):
        lines = lines[node.lineno - 1 :]  # a learner's decorators are no promise
    return tuple(line for line in lines if not (_YOUR_CODE.fullmatch(line) or line.strip() == _TO_DO))


def without_sizes(block: Block) -> Block:
    """The lines with the marks `Your code here` made alike."""
    return tuple("# Your code here" if _YOUR_CODE.fullmatch(line) else line for line in block)
