"""New stubs brought into a learner's file, exercise by exercise: a pure function on text.

What somebody wrote stays byte for byte. A stub is replaced where it is, line for line, one that `start` or `update`
brought; where nobody knows what they brought, a stub that looks untouched is one. What is no Python is left alone.
"""

from __future__ import annotations

import ast
import codecs
import difflib
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from grader.kata.day_text import Block, DayText, looks_untouched, promises
from grader.kata.merged_head import Edit, head_edits
from grader.source.syntax import line_end, lines_of, parse, says_nothing, split_lines

_MARKERS = ("<<<<<<< ", "=======", ">>>>>>> ")


@dataclass(frozen=True, slots=True)
class StubChange:
    """An exercise that somebody has worked on, whose stub is another one now; `diff` shows how."""

    name: str
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A learner's file with the new stubs in it, and what was done. `content` is None where the file is not changed."""

    content: bytes | None = None
    left: str = ""  # why the whole file is left alone
    replaced: tuple[str, ...] = ()  # untouched stubs
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()  # untouched stubs of exercises that are no more
    changed: tuple[StubChange, ...] = ()
    gone: tuple[str, ...] = ()  # exercises that are no more; the learner's code stays
    deleted: tuple[str, ...] = ()  # that the learner has taken out of the file
    broken: tuple[str, ...] = ()  # in lines that are no Python
    imports: tuple[str, ...] = ()  # that were added
    clashes: tuple[str, ...] = ()  # names that mean something else there


def merge(learner: bytes, originals: Sequence[str], stub: str) -> Merged:
    """Bring a day's stub into a learner's file. `originals` are the stubs that were brought before, the oldest first."""
    if left := _why_left_alone(learner):
        return Merged(left=left)
    mark = codecs.BOM_UTF8 if learner.startswith(codecs.BOM_UTF8) else b""
    mine, fresh = DayText(learner.decode("utf-8-sig")), DayText(stub)
    end = line_end(mine.lines[0]) if mine.lines else "\n"
    known = [DayText(text) for text in originals]
    names = list(fresh.definitions)
    if mine.plain == fresh.plain:
        return Merged()
    unwritten = mine.all_untouched(fresh) if not known else any(mine.plain == one.plain for one in known)
    if unwritten or not any(map(str.strip, mine.lines)):
        content = mark + "".join(line + end for line in fresh.plain).encode()
        return Merged(
            content,
            replaced=tuple(name for name in names if mine.block(name) not in ((), fresh.block(name))),
            added=tuple(name for name in names if name not in mine.definitions),
            removed=tuple(name for name in mine.definitions if name not in names),
        )
    return _by_exercise(mine, known, fresh, mark, end)


def conflict_marker(text: str) -> int:
    """The line, from 1, on which git has left its marks of a conflict; 0 where there are none."""
    lines = split_lines(text)
    found = [next((n for n, line in enumerate(lines, 1) if line.startswith(one)), 0) for one in _MARKERS]
    return found[0] if all(found) else 0


def _why_left_alone(learner: bytes) -> str:
    """Why nothing at all may be done to a file; empty where something may."""
    try:
        text = learner.decode("utf-8-sig")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(learner).readline)
    except (UnicodeDecodeError, SyntaxError):
        return "it is not text in UTF-8"
    if encoding not in {"utf-8", "utf-8-sig"}:
        return f"it is written in {encoding}, not in UTF-8"
    if line := conflict_marker(text):
        return f"line {line} begins a conflict that git has marked; settle it first"
    return ""


def _by_exercise(mine: DayText, known: Sequence[DayText], fresh: DayText, mark: bytes, end: str) -> Merged:
    last = known[-1] if known else None
    edits: list[Edit] = []
    replaced, added, changed, deleted, broken = [], [], [], [], []
    for name in fresh.definitions:
        before, now = last.block(name) if last else (), fresh.block(name)
        if name not in mine.definitions:
            in_step = bool(before) and promises(before) == promises(now)
            if name in mine.in_broken_blocks:
                broken += [] if in_step else [name]
            elif mine.names.bound_at_top(name):  # made by an assignment, or under a condition
                changed += [] if in_step or not before else [_change(name, before, now)]
            elif before:
                deleted.append(name)
            else:
                added.append(name)
        elif mine.block(name) == now:
            continue
        elif _is_untouched(mine, name, known, now):
            replaced.append(name)
            edits.append(Edit(mine.definitions[name][0], now))
        elif promises(before or mine.block(name)) != promises(now):
            changed.append(_change(name, before or mine.block(name), now))
    removed: list[str] = []
    gone: list[str] = []
    for name in last.definitions if last else ():
        if name not in fresh.definitions and name in mine.definitions:
            untouched = _is_untouched(mine, name, known)
            (removed if untouched else gone).append(name)
            edits += [_removal(mine, mine.definitions[name][0])] if untouched else []
    edits += _additions(mine, fresh, added)
    head = head_edits(mine, known, fresh, [*replaced, *added])
    edits += head.edits
    text = _edited(mine, edits, end)
    if not _is_as_meant(mine, DayText(text), edits):
        return Merged(left="its new stubs cannot be told from your lines")
    return Merged(
        mark + text.encode() if edits else None,
        "",
        tuple(replaced),
        tuple(added),
        tuple(removed),
        tuple(changed),
        tuple(gone),
        tuple(deleted),
        tuple(broken),
        head.imports,
        head.clashes,
    )


def _is_untouched(mine: DayText, name: str, known: Sequence[DayText], now: Block = ()) -> bool:
    if len(mine.definitions[name]) > 1:
        return False
    block = mine.block(name)
    if any(name in one.definitions for one in known):
        return any(block == one.block(name) for one in known)
    return looks_untouched(block, now)


def _change(name: str, before: Block, now: Block) -> StubChange:
    lines = difflib.unified_diff(promises(before), promises(now), lineterm="", n=1)
    shown = ["..." if line.startswith("@@") else line for line in [*lines][2:]]
    return StubChange(name, tuple(shown[1:]))


# ---- where things go


def _additions(mine: DayText, fresh: DayText, added: Sequence[str]) -> list[Edit]:
    """New stubs below the exercise that comes before them in the day's order, or above the one that comes after."""
    order = list(fresh.definitions)
    below: dict[int, list[str]] = {}
    above: dict[int, list[str]] = {}
    for name in added:
        place = order.index(name)
        before = next((one for one in reversed(order[:place]) if one in mine.definitions), "")
        after = next((one for one in order[place:] if one in mine.definitions), "")
        if before or not after:
            where = (
                _end_with_what_hangs_on(mine, mine.definitions[before][-1].stop)
                if before
                else len(mine.lines)
            )
            below.setdefault(where, []).append(name)
        else:
            above.setdefault(_begin_with_remarks(mine, mine.definitions[after][0].start), []).append(name)
    edits = []
    for where, names in below.items():
        lines = [line for name in names for line in ("", "", *fresh.block(name))]
        close = where < len(mine.lines) and mine.plain[where].strip()
        edits.append(Edit(slice(where, where), (*lines, *(("", "") if close else ()))))
    for where, names in above.items():
        lines = [line for name in names for line in (*fresh.block(name), "", "")]
        edits.append(Edit(slice(where, where), tuple(lines)))
    return edits


def _end_with_what_hangs_on(mine: DayText, end: int) -> int:
    """The line after a definition and what follows it without a blank line: a remark, `f = jit(f)`."""
    starts = {where.start: where.stop for where in (lines_of(node, mine.lines) for node in mine.tree.body)}
    while end < len(mine.lines) and mine.plain[end].strip():
        if end in starts:
            end = starts[end]
        elif says_nothing(mine.plain[end]):
            end += 1
        else:
            break
    return end


def _begin_with_remarks(mine: DayText, begin: int) -> int:
    """The first line of the remarks that stand right above a definition, or of the definition."""
    while begin > mine.head_end and mine.plain[begin - 1].strip() and says_nothing(mine.plain[begin - 1]):
        begin -= 1
    return begin


def _removal(mine: DayText, where: slice) -> Edit:
    """A definition taken out with the blank lines below it, or above it where it is the last."""
    begin, end = where.start, where.stop
    while end < len(mine.lines) and not mine.plain[end].strip():
        end += 1
    while end == len(mine.lines) and begin > 0 and not mine.plain[begin - 1].strip():
        begin -= 1
    return Edit(slice(begin, end), ())


def _edited(mine: DayText, edits: Sequence[Edit], end: str) -> str:
    """The file with its edits, from the last to the first, so that earlier line numbers stay true."""
    lines = [*mine.lines]
    if edits and lines:  # what is added at the end begins on a line of its own
        lines[-1] = lines[-1].rstrip("\r\n") + line_end(
            lines[-1] if lines[-1].endswith(("\r", "\n")) else end
        )
    for edit in sorted(edits, key=lambda one: (one.where.start, one.where.stop), reverse=True):
        lines[edit.where] = [line + end for line in edit.lines]
    return "".join(lines)


def _is_as_meant(mine: DayText, after: DayText, edits: Sequence[Edit]) -> bool:
    """Whether the edited file has all that was left alone, in its order, and else just what was brought."""
    places = [(lines_of(node, mine.lines), node) for node in mine.tree.body]
    within = [
        any(edit.where.start <= where.start and where.stop <= edit.where.stop for edit in edits)
        for where, _ in places
    ]
    kept = [mine.plain[where] for (where, _), inside in zip(places, within, strict=True) if not inside]
    brought = [node for edit in edits for node in parse("\n".join(edit.lines)).body]
    there = [after.plain[lines_of(node, after.lines)] for node in after.tree.body]
    following = iter(there)
    in_order = all(any(block == one for one in following) for block in kept)
    same_broken = [mine.plain[one.lines] for one in mine.broken] == [
        after.plain[one.lines] for one in after.broken
    ]
    names = {node.name for node in brought if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return (
        in_order
        and same_broken
        and len(there) == len(kept) + len(brought)
        and names <= after.definitions.keys()
    )
