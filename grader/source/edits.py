"""Where two versions of a learner's text part. They need not be Python."""

from __future__ import annotations

from collections.abc import Collection

from grader.source.blocks import parsed
from grader.source.syntax import Definition, lines_of, split_lines


def edited_exercise(old: str, new: str, names: Collection[str]) -> str:
    """The exercise in which the first different line lies; empty when none does. What follows a definition is part of it."""
    if old == new:
        return ""
    before, after = split_lines(old), split_lines(new)
    first = next(
        (number for number, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    file = parsed(new)
    heads = [
        (lines_of(node, file.lines).start, node.name)
        for node in file.tree.body
        if isinstance(node, Definition)
    ]
    heads += [(block.lines.start, block.names[0]) for block in file.broken if block.names]
    name = max((head for head in heads if head[0] <= first), default=(0, ""))[1]
    return name if name in names else ""
