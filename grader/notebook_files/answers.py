"""The answers that a notebook holds: for each exercise the last graded cell that defines it, and what of other cells it needs."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.kata import catalogue
from grader.kata.catalogue import Day
from grader.notebook_files.completing import completed
from grader.notebook_files.document import Cell, read
from grader.notebook_files.magics import Python, python_in
from grader.source.pieces import Piece, pieces
from grader.source.scopes import Names
from grader.source.syntax import Definition, is_stub, name_defined, parse, split_lines

_LONGEST = 100_000  # characters of a cell that somebody has written


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A cell of code, by its number among all cells, from 1. `day` and `exercise` say what it is graded as, if it is."""

    number: int
    python: Python
    pieces: Sequence[Piece]
    day: Day | None = None
    exercise: str = ""

    @property
    def error(self) -> SyntaxError | None:
        return next((piece.error for piece in self.pieces if piece.error), None)

    def definitions(self, name: str) -> list[Piece]:
        return [piece for piece in self.pieces if name in piece.names]


@dataclass(frozen=True, slots=True)
class Answer:
    """An exercise's answer: the pieces of its cell, and those of other cells that they need, in the notebook's order."""

    exercise: str
    cell: int
    own: Sequence[Piece]
    needed: Sequence[Piece] = ()


@dataclass(slots=True)
class Answers:
    """What a notebook holds of one day. `left` says of an exercise why it has no answer there, `remarks` what else is odd.

    In `broken` are the cells that are no Python, each in one piece.
    """

    day: Day
    found: dict[str, Answer] = field(default_factory=dict)
    broken: dict[str, Answer] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells of a file, and what is odd about those that ask to be graded."""

    file: Path
    cells: Sequence[CodeCell]
    remarks: Sequence[str]

    @property
    def days(self) -> list[Day]:
        """The days that its cells are graded as, in order."""
        return sorted({cell.day for cell in self.cells if cell.day}, key=lambda day: day.number)


def opened(file: Path) -> Notebook:
    """The notebook in a file. Raises `document.NoNotebook`."""
    cells, remarks = [], []
    for number, cell in enumerate(read(file), 1):
        if cell.kind == "code":
            found, remark = _code_cell(number, cell)
            cells.append(found)
            remarks += [f"cell {number}: {remark}"] if remark else []
    return Notebook(file, _with_unnamed_ones(cells), remarks)


def _code_cell(number: int, cell: Cell) -> tuple[CodeCell, str]:
    if len(cell.text) > _LONGEST:
        return CodeCell(number, Python(""), ()), f"it has more than {_LONGEST:,} characters, and is left out"
    python = python_in(cell.text)
    try:
        python.text.encode()
    except UnicodeEncodeError:
        return CodeCell(number, Python(""), ()), "it holds what is no text, and is left out"
    found = _pieces_of(python.text)
    plain = CodeCell(number, python, found)
    if not python.asked:
        return plain, ""
    try:
        selections = catalogue.select([python.asked])
    except catalogue.UnknownSelector as error:
        return plain, f"{error}; it is left out"
    exercises = [(one.day, exercise.name) for one in selections for exercise in one.exercises]
    if len(exercises) > 1:
        return plain, f"%%grade {python.asked} names no one exercise; it is left out"
    ((day, exercise),) = exercises
    return CodeCell(number, python, found, day, exercise), ""


def _pieces_of(text: str) -> list[Piece]:
    """The pieces of a cell. One that is no Python is a single piece: nothing of it runs, in the kernel either."""
    try:
        parse(text)
    except SyntaxError as error:
        names = frozenset(filter(None, map(name_defined, split_lines(text))))
        return [Piece(text, 0, 0, 0, (), names, error)]
    return pieces(text)


def _with_unnamed_ones(cells: Sequence[CodeCell]) -> list[CodeCell]:
    """The cells, where one that does not say what it is graded as is graded as what it defines."""
    days = dict.fromkeys([*(cell.day for cell in cells if cell.day), *catalogue.days()])
    return [
        next(_meant(cell, days), cell) if cell.python.asked == "" and cell.day is None else cell
        for cell in cells
    ]


def _meant(cell: CodeCell, days: Iterable[Day]) -> Iterator[CodeCell]:
    for day in days:
        for exercise in day.exercises:
            if cell.definitions(exercise.name):
                yield CodeCell(cell.number, cell.python, cell.pieces, day, exercise.name)


def _no_python(cell: CodeCell) -> str:
    error = cell.error
    line = f", line {error.lineno}," if error and error.lineno else ""
    return f"cell {cell.number}{line} is no Python ({error.msg if error else ''})"


def answers_of(notebook: Notebook, day: Day) -> Answers:
    """What the notebook answers of a day's exercises."""
    answers = Answers(day)
    reader = _Reader(notebook, day)
    for exercise in day.exercises:
        reader.read(exercise.name, answers)
    return answers


class _Reader:
    """Reads the answers of one day out of a notebook's cells."""

    def __init__(self, notebook: Notebook, day: Day) -> None:
        self._cells = [cell for cell in notebook.cells if cell.day in (None, day)]
        self._exercises = {exercise.name for exercise in day.exercises}

    def read(self, name: str, answers: Answers) -> None:
        """Find the answer to one exercise, or say why there is none."""
        graded = [cell for cell in self._cells if cell.exercise == name]
        good = [cell for cell in graded if self._answers(cell, name)]
        broken = [cell for cell in graded if cell.error and cell not in good]
        if good:
            chosen = good[-1]
            answers.found[name] = self._answer(chosen, name)
            answers.remarks += [
                f"{name}: `{line}` in cell {chosen.number} is left out" for line in chosen.python.left_out
            ]
            if len(good) > 1:
                answers.remarks.append(
                    f"{name}: {len(good)} cells answer it; that of cell {chosen.number}, the last, counts"
                )
        for cell in broken:
            told = _no_python(cell)
            if good:
                answers.remarks.append(f"{name}: {told}, and is left out")
            else:
                answers.left[name] = told
                answers.broken[name] = Answer(
                    name, cell.number, [replace(piece, names=frozenset({name})) for piece in cell.pieces]
                )
        if good or broken:
            return
        if not graded:
            answers.left[name] = "no cell is graded as it"
        elif any(cell.definitions(name) for cell in graded):
            answers.left[name] = "only the stub"
        else:
            answers.left[name] = f"cell {graded[-1].number} does not define it"

    @staticmethod
    def _answers(cell: CodeCell, name: str) -> bool:
        """Whether a cell defines an exercise, and more than its stub."""
        defined = cell.definitions(name)
        return not cell.error and bool(defined) and not all(map(is_stub, defined[-1].statements))

    def _answer(self, cell: CodeCell, name: str) -> Answer:
        # What a cell uses of others is what they said before it; of those below it only what nothing above it says.
        after = [one for one in self._cells if one.number > cell.number]
        before = [one for one in self._cells if one.number < cell.number]
        around = [piece for one in (*after, *before) for piece in one.pieces if piece.statements]
        others = self._exercises - {name}
        own = [piece for piece in cell.pieces if piece.statements and not piece.names & others]
        names = Names(ast.Module([part for piece in (*around, *own) for part in piece.statements], []))
        bound = {one for piece in own for one in piece.names}
        read = {one for piece in own for part in piece.statements for one in names.read_from_top(part)}
        needed = _Needed(
            names,
            [one for one in around if not one.names & self._exercises],
            leave=bound | self._exercises,
            but=others,
        )
        return Answer(name, cell.number, own, needed.by(bound | read))


class _Needed:
    """Finds what of the pieces around a cell its names need. Nothing is taken for those to `leave`, and nothing is reached
    through those in `but`."""

    def __init__(
        self, names: Names, around: Sequence[Piece], leave: Collection[str], but: Collection[str]
    ) -> None:
        self._names, self._around, self._leave, self._but = names, around, leave, but
        self._at = {id(part): at for at, piece in enumerate(around) for part in piece.statements}
        self._completed = [completed(piece) for piece in around]

    def by(self, read: Collection[str]) -> list[Piece]:
        """What these names need, what completes that, what both need in turn, and so on, in the order of the pieces."""
        chosen: set[int] = set()
        reached: set[str] = set()
        waiting = {*read}
        while waiting:
            reached |= self._names.reached(waiting, but=self._but) - {*self._leave}
            new = self._binding(reached) | self._completing(reached) | self._before(chosen)
            new -= chosen
            chosen |= new
            # Not what binds the same names: the `key` of a loop is that of other loops, too.
            waiting = {name for at in new for name in self._read(at) - self._around[at].names} | {
                *(reached if new else ())
            }
        return [self._around[at] for at in sorted(chosen)]

    def _read(self, at: int) -> set[str]:
        return {one for part in self._around[at].statements for one in self._names.read_from_top(part)}

    def _binding(self, reached: Collection[str]) -> set[int]:
        parts = (id(part) for name in reached for part in self._names.bound_at_top(name))
        return {self._at[part] for part in parts if part in self._at}

    def _completing(self, reached: Collection[str]) -> set[int]:
        """What completes helpers, below where they were last bound. What is imported, such as `plt`, is no helper."""
        first = {}
        for name in reached:
            bound = self._binding([name])
            if bound and not any(self._around[at].imports for at in bound):
                first[name] = min(bound)
        return {
            at
            for at, names in enumerate(self._completed)
            if not (names | self._around[at].names) & {*self._leave}
            and any(at > first.get(name, len(self._around)) for name in names)
        }

    def _before(self, chosen: Collection[int]) -> set[int]:
        """What `EPS = EPS / 2` reads: the last statement above that binds the same."""
        found = set()
        for at in chosen:
            piece = self._around[at]
            if not any(isinstance(part, Definition) for part in piece.statements):
                for name in self._read(at) & piece.names:
                    parts = self._names.binds_at_top(name)
                    above = [self._at[id(part)] for part in parts if self._at.get(id(part), at) < at]
                    found |= {*above[-1:]}
        return found
