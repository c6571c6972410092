"""Answers out of a notebook into a learner's file, as text: one exercise after another, and all else stays as it is."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from grader.kata.catalogue import Day
from grader.notebook_files.answers import Answer
from grader.notebook_files.completing import completed, groups
from grader.source.bindings import Bindings
from grader.source.pieces import Piece, goes_with, pieces
from grader.source.scopes import Names
from grader.source.syntax import Definition, is_stub, line_end, says_nothing, split_lines


class Clash(ValueError):
    """An answer that cannot go into the file without changing another exercise; the text says why."""


@dataclass(slots=True)
class Taken:
    """What became of a file's text: the exercises whose answers are in it now, were before, or could not go in."""

    text: str
    changed: list[Answer] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    clashes: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    replaced: list[str] = field(
        default_factory=list
    )  # of the changed ones, those that the file answered otherwise


def take(text: str, day: Day, answers: Sequence[Answer], *, named: str = "") -> Taken:
    """Put answers into a file's text. `named`, such as `day01.ipynb`, has a comment say from which cell each one comes."""
    clashes: dict[str, str] = {}
    while (
        True
    ):  # again, where one clashes: then it must stay what it is, and the others may have counted on it
        taken = Taken(text, clashes=clashes)
        wanted = [answer for answer in answers if answer.exercise not in clashes]
        if all(_taken(taken, day, answer, wanted, named) for answer in wanted):
            taken.remarks = _rivals(wanted)
            return taken


def _taken(taken: Taken, day: Day, answer: Answer, wanted: Sequence[Answer], named: str) -> bool:
    """Take one; False, and the reason among the clashes, where it cannot be taken."""
    try:
        new = _File(taken.text, day).with_answer(answer, {one.exercise for one in wanted}, named)
    except Clash as clash:
        taken.clashes[answer.exercise] = str(clash)
        return False
    if new == taken.text:
        taken.same.append(answer.exercise)
        return True
    if _is_answered(taken.text, answer.exercise):
        taken.replaced.append(answer.exercise)
    taken.text = new
    taken.changed.append(answer)
    return True


def _rivals(answers: Sequence[Answer]) -> list[str]:
    """Helpers of one name that differ from cell to cell: a file has room for one."""
    seen: dict[str, tuple[list[list[str]], int]] = {}
    found = []
    for answer in answers:
        own: dict[str, list[list[str]]] = {}  # a cell may bind a name more than once
        for piece in answer.own:
            for name in sorted(piece.names - {answer.exercise}) if not piece.imports else ():
                own.setdefault(name, []).append(piece.shape)
        for name, shapes in own.items():
            before, cell = seen.get(name, (shapes, answer.cell))
            if before != shapes:
                found.append(
                    f"`{name}` is one thing in cell {cell} and another in cell {answer.cell}; "
                    "in one file the last one holds for both"
                )
            seen[name] = (shapes, answer.cell if before != shapes else cell)
    return found


def _is_answered(text: str, name: str) -> bool:
    found = [piece for piece in pieces(text) if name in piece.names]
    return bool(found) and not all(map(is_stub, found[-1].statements or (ast.Pass(),)))


class _File:
    """A learner's file in pieces."""

    def __init__(self, text: str, day: Day) -> None:
        self._text, self._lines, self._pieces = text, split_lines(text), pieces(text)
        self._end = line_end(self._lines[0]) if self._lines else "\n"
        self._exercises = {exercise.name for exercise in day.exercises}
        self._changes: list[tuple[slice, str]] = []

    def with_answer(self, answer: Answer, free: Collection[str], named: str) -> str:
        """The text with the answer in the place of what the file has for its exercise. Others than the `free` ones must
        stay what they are; raises Clash."""
        place = self._place_of(answer.exercise)
        fixed = self._reached_by_others(free)
        block: list[Piece] = []
        imports: list[Piece] = []
        all_of_it = [*answer.needed, *answer.own]
        helpers = [piece for piece in all_of_it if answer.exercise not in piece.names and not piece.imports]
        missing = {id(piece) for piece in self._missing(helpers, place, fixed)}
        for piece in all_of_it:
            if answer.exercise in piece.names:
                block.append(piece)
            elif piece.imports:
                if not self._has_import(piece, fixed):
                    imports.append(piece)
            elif id(piece) in missing:
                block.append(piece)
        for piece in imports:
            text = self._in_its_lines(piece.text.strip())
            head = self._end_of_imports(future=text.startswith("from __future__"))
            self._changes.append((slice(head, head), f"{text}{self._end}"))
        comment = f"# cell {answer.cell} of {named}{self._end}" if named else ""
        self._put(
            place, comment + self._in_its_lines(_joined(block)), _comments_above(block, answer.exercise)
        )
        new = self._changed()
        self._check(pieces(new), [*imports, *block], free)
        return new

    def _place_of(self, name: str) -> slice:
        """The lines of an exercise, with what belongs to it; an empty place at the end of a file that does not have it."""
        found = [number for number, piece in enumerate(self._pieces) if name in piece.names]
        if not found:
            return slice(len(self._lines), len(self._lines))
        number = found[-1]
        piece = self._pieces[number]
        others = sorted((piece.names & self._exercises) - {name})
        if others:
            line = f"line {piece.error.lineno}" if piece.error and piece.error.lineno else "a line"
            raise Clash(f"{line} of your file keeps it from being told from {', '.join(others)}")
        end = piece.end
        for follower in self._pieces[number + 1 :]:
            if not goes_with(follower, name):
                break
            end = follower.end
        return slice(piece.begin, end)

    def _reached_by_others(self, free: Collection[str]) -> set[str]:
        """The names that answers reach which must stay what they are. Stubs use nothing."""
        statements = [statement for piece in self._pieces for statement in piece.statements]
        answered = [
            piece for piece in self._pieces if not all(map(is_stub, piece.statements or (ast.Pass(),)))
        ]
        fixed = {one for piece in answered for one in piece.names & self._exercises} - set(free)
        return Names(ast.Module(statements, [])).reached(fixed)

    def _has_import(self, new: Piece, fixed: Collection[str]) -> bool:
        """Whether all that a piece imports is imported already. Raises Clash where a name means something else."""
        if any(piece.shape == new.shape for piece in self._pieces):
            return True
        here = _meanings([one for piece in self._pieces for one in piece.statements])
        wanted = _meanings(new.statements)
        for name, meaning in wanted.items():
            if name in here and here[name] != meaning and name in fixed:
                raise Clash(f"`{name}` is something else in your file, where other exercises use it")
        return all(here.get(name) == meaning for name, meaning in wanted.items())

    def _missing(self, helpers: Sequence[Piece], place: slice, fixed: Collection[str]) -> list[Piece]:
        """Those of an answer's helpers that the file does not have above a place; what it has instead makes room."""
        missing = []
        for names, group in groups(helpers):
            last = self._found(names, group, place)[-len(group) :]
            if [old.shape for old in last] == [new.shape for new in group]:
                gone = [old for old in last if old.begin >= max(place.start, 1)]
                missing += group[len(group) - len(gone) :]
            else:
                missing += group
                gone = self._replaced(names, place, fixed)
            # Each once: the next line would move up into the place of one that is gone.
            changes = [(slice(one.first, one.end), "") for one in gone if not one.imports]
            self._changes += [change for change in changes if change not in self._changes]
        return missing

    def _found(self, names: Collection[str], group: Sequence[Piece], place: slice) -> list[Piece]:
        """What the file has outside a place of the names of a group, or says just as the group does."""
        shapes = [piece.shape for piece in group]
        return [old for old in self._outside(place) if old.names & set(names) or old.shape in shapes]

    def _replaced(self, names: Collection[str], place: slice, fixed: Collection[str]) -> list[Piece]:
        """What has to go where these names become something else, and what completes them with it. Raises Clash."""
        gone = []
        for old in self._outside(place):
            completes = completed(old) & set(names)
            for name in sorted((old.names & set(names) | completes) & set(fixed)):
                raise Clash(f"your file has another `{name}`, which other exercises use; rename one of them")
            if completes or (old.names and old.names <= set(names)):
                gone.append(old)
        return gone

    def _outside(self, place: slice) -> list[Piece]:
        """What of the file is no exercise and has no other use than to complete one."""
        return [
            old
            for old in self._pieces
            if old.statements
            and not place.start <= old.begin < place.stop
            and not (old.names or completed(old)) & self._exercises
        ]

    def _end_of_imports(self, *, future: bool) -> int:
        """The line behind the last import above the first definition, or behind the docstring, or the first one.

        Imports of the `future` stand above all others.
        """
        head = 0
        for number, piece in enumerate(self._pieces):
            if any(isinstance(one, Definition) for one in piece.statements) or not piece.statements:
                break
            docstring = number == 0 and piece.shape and piece.shape[0].startswith("Expr(value=Constant")
            if docstring or (piece.imports and not future):
                head = piece.end
        return head

    def _put(self, place: slice, block: str, comments: list[str]) -> None:
        """Change the lines of a place, and the comments above it where the block brings the same ones."""
        above = [line.strip() for line in self._lines[max(place.start - len(comments), 0) : place.start]]
        start = place.start - len(comments) if comments and above == comments else place.start
        gap = ""
        if place.start == place.stop == len(self._lines) and self._lines:
            last = "" if self._lines[-1].endswith(("\r", "\n")) else self._end
            gap = last + 2 * self._end
        self._changes.append((slice(start, place.stop), f"{gap}{block}{self._end}"))

    def _in_its_lines(self, text: str) -> str:
        """A text with the line ends of the file."""
        return text.replace("\n", self._end)

    def _changed(self) -> str:
        lines = [*self._lines]
        for where, text in sorted(
            self._changes, key=lambda change: (change[0].start, change[0].stop), reverse=True
        ):
            lines[where] = [text] if text else []
        return "".join(lines)

    def _check(self, new: Sequence[Piece], put_in: Sequence[Piece], free: Collection[str]) -> None:
        """Raise Clash where what was put in cannot be read, or where other exercises, or lines that nobody replaced, are
        not word for word what they were: a safeguard against what nobody foresaw."""

        def others(found: Sequence[Piece]) -> list[tuple[list[str], list[str]]]:
            names = self._exercises - set(free)
            return [(sorted(one.names), _words(one)) for one in found if one.names & names]

        if others(self._pieces) != others(new):
            raise Clash("it would change other exercises of your file")
        there = [_words(piece) for piece in new]
        kept = [_words(one) for one in self._pieces if one.statements and not self._is_changed(one)]
        if any(there.count(words) < kept.count(words) for words in kept):
            raise Clash("it would change other lines of your file")
        shapes = [piece.shape for piece in new]
        if any(piece.shape not in shapes for piece in put_in if piece.statements):
            raise Clash("your file is no Python near it; mend that first")

    def _is_changed(self, piece: Piece) -> bool:
        return any(where.start < piece.end and piece.begin < where.stop for where, _ in self._changes)


def _words(piece: Piece) -> list[str]:
    return piece.shape or [piece.text.strip()]


def _meanings(statements: Sequence[ast.stmt]) -> dict[str, str]:
    """What names are bound to in the end: the dotted names of imports, an empty text for all else."""
    bound = Bindings(ast.Module([*statements], [])).top.bound
    return {name: found[-1].imported for name, found in bound.items()}


def _joined(block: Sequence[Piece]) -> str:
    """Pieces of one cell as they stand there; two blank lines between those of different cells."""
    text = ""
    before: Piece | None = None
    for piece in block:
        neighbours = before is not None and before.end == piece.first
        text = f"{text}{piece.text}" if neighbours else f"{text.rstrip()}\n\n\n{piece.text.strip()}\n"
        before = piece
    return text.strip("\n")


def _comments_above(block: Sequence[Piece], name: str) -> list[str]:
    """The comments right above an exercise's definition."""
    (piece,) = [piece for piece in block if name in piece.names][-1:]
    above = [line.strip() for line in piece.text.split("\n")[: piece.begin - piece.first]]
    found: list[str] = []
    for line in reversed(above):
        if not line or not says_nothing(line):
            break
        found.insert(0, line)
    return found
