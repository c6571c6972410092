"""A day as a notebook: its lesson, what its file begins with, and for each exercise a cell to be graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.kata.catalogue import STRETCH_SIGN, Day, Exercise
from grader.kata.workspace import stub_of
from grader.notebook_files import lesson
from grader.notebook_files.document import SUFFIX, Cell, document
from grader.source.pieces import Piece, goes_with, pieces
from grader.source.syntax import Definition

_LOAD = """\
# Where the kata is not installed, as on Colab, take the sign from the next line. Its README says what to put there.
# %pip install --quiet PATH_OR_ADDRESS_OF_THE_KATA
%load_ext grader"""


def file_name(day: Day) -> str:
    """What a day's notebook is called where nobody says otherwise."""
    return f"{day.folder}{SUFFIX}"


def notebook(day: Day, answers: str | None = None) -> bytes:
    """The notebook of a day, with stubs in its cells, or with what stands in a learner's file, given as text."""
    return document(
        [
            Cell("markdown", _beginning(day), "title"),
            Cell("code", _LOAD, "load"),
            *lesson.cells(day),
            Cell("markdown", _about_the_cells(day), "exercises"),
            *_cells_of(day, stub_of(day) if answers is None else answers),
            Cell("code", "%progress", "progress"),
        ]
    )


def _beginning(day: Day) -> str:
    first = f"{day.key}.{day.exercises[0].name}"
    steps = (
        "Run the next cell once, then read the lesson. Try what you like in cells of your own.",
        "Below the lesson each exercise has a cell that begins with `%%grade`: write your answer in the place of "
        "`raise NotImplementedError` and run the cell (Shift+Enter). The verdict appears below it.",
        f"`%hint {first}` in a cell of its own asks you a question first, `%progress` shows where you stand. "
        "Where the lesson speaks of a file and of `python -m grader`, run the cell instead.",
    )
    return f"# Day {day.number}: {day.title}\n\n" + "\n".join(f"- {step}" for step in steps)


def _about_the_cells(day: Day) -> str:
    """What the stub's docstring says of the whole day."""
    docstring = pieces(stub_of(day))[0].text.strip().removeprefix('"""').removesuffix('"""')
    _, _, rest = docstring.partition("\n")
    kept = [line for line in rest.splitlines() if not line.startswith("Lesson: ")]
    words = " ".join(kept).strip()
    return f"## Your answers\n\n{words}\n\nThe next cell imports what the exercises use. Run it first."


@dataclass(frozen=True, slots=True)
class _Part:
    """Some pieces of a file in a cell of their own: an exercise with its helpers, or, without a name, what is not graded."""

    exercise: str
    pieces: Sequence[Piece]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces).strip("\r\n")


def _cells_of(day: Day, text: str) -> list[Cell]:
    """The cells of a file: as its text goes, then the stubs of what it does not hold."""
    fresh = _parts(day, stub_of(day))
    parts = _parts(day, text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"))
    there = {part.exercise for part in parts}
    parts += [part for part in fresh if part.exercise and part.exercise not in there]
    cells, plain = [], 0
    for part in parts:
        if part.exercise:
            cells += _graded(day, day.exercise(part.exercise), part.text)
        elif part.text:
            plain += 1
            cells.append(Cell("code", part.text, f"given-{plain}"))
    return cells


def _graded(day: Day, exercise: Exercise, text: str) -> list[Cell]:
    called = f"{day.key}.{exercise.name}"
    sign = f"{STRETCH_SIGN} " if exercise.stretch else ""
    task = (
        f"### {sign}{exercise.name}\n\n{exercise.summary}\n\nStuck? `%hint {called}` asks a question first."
    )
    return [
        Cell("markdown", task, f"{exercise.name[:50]}-task"),
        Cell("code", f"%%grade {called}\n{text}", f"{exercise.name[:50]}-answer"),
    ]


def _parts(day: Day, text: str) -> list[_Part]:
    """A file's pieces, dealt among cells without changing their order.

    Helpers that stand above an exercise go with it; what it begins with, and what is given, has cells of its own.
    """
    names = {exercise.name for exercise in day.exercises}
    given = {
        one.name
        for piece in pieces(stub_of(day))
        for one in piece.statements
        if isinstance(one, Definition) and one.name not in names
    }
    found = _without_docstring(pieces(text), day)
    last = {name: number for number, piece in enumerate(found) for name in piece.names & names}
    closing = {number: name for name, number in reversed(last.items())}
    parts: list[_Part] = []
    waiting: list[Piece] = []
    for number, piece in enumerate(found):
        waiting.append(piece)
        if number in closing:
            parts += _before_the_exercise(waiting, given, first=not parts)
            parts.append(_Part(closing[number], waiting))
            waiting = []
        elif len(waiting) == 1 and parts and goes_with(piece, parts[-1].exercise):
            parts[-1] = _Part(parts[-1].exercise, [*parts[-1].pieces, piece])
            waiting = []
    if waiting and parts:
        parts[-1] = _Part(parts[-1].exercise, [*parts[-1].pieces, *waiting])
    elif waiting:
        parts.append(_Part("", waiting))
    return parts


def _without_docstring(found: list[Piece], day: Day) -> list[Piece]:
    """The pieces of a file without the docstring that its stub has, too: the notebook says it elsewhere."""
    same = found and found[0].shape == pieces(stub_of(day))[0].shape
    return found[1:] if same else found


def _before_the_exercise(waiting: list[Piece], given: set[str], *, first: bool) -> list[_Part]:
    """Take away from the pieces that lead up to an exercise what has cells of its own: first imports, then what is given."""
    parts = []
    for wanted in (
        lambda piece: first and piece.imports,
        lambda piece: bool(piece.names & given),
    ):
        count = max((number for number, piece in enumerate(waiting[:-1], 1) if wanted(piece)), default=0)
        if count:
            parts.append(_Part("", waiting[:count]))
            del waiting[:count]
    return parts
