"""What `notebook` and grading have in common: the answers of a notebook, for a learner's file or for a tree of their own."""

from __future__ import annotations

import atexit
import codecs
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.commands.command import WrongUsage
from grader.commands.common import tell
from grader.kata import catalogue, files
from grader.kata.catalogue import Day, Selection
from grader.kata.workspace import stub_of
from grader.notebook_files.answers import Answers, Notebook, answers_of, opened
from grader.notebook_files.document import NoNotebook
from grader.notebook_files.taking import Taken, take

_STUB, _NO_CELL = "only the stub", "no cell is graded as it"  # nobody has answered


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking a notebook's answers of one day makes of a learner's file, as bytes."""

    day: Day
    file: Path
    new: bytes
    changed: Sequence[str]
    same: Sequence[str]
    replaced: Sequence[str]
    left: dict[str, list[str]]  # why -> the exercises
    remarks: Sequence[str]

    @property
    def complete(self) -> bool:
        """Whether there were answers, and all of them are in the file."""
        return bool(self.changed or self.same) and self.left.keys() <= {_STUB, _NO_CELL}


def notebook_at(file: Path, selections: Sequence[Selection]) -> tuple[Notebook, tuple[Selection, ...]]:
    """The notebook in a file, and what of the selections it holds; all that it holds, where nothing is selected.

    Raises WrongUsage.
    """
    try:
        notebook = opened(file)
    except NoNotebook as error:
        raise WrongUsage(str(error)) from None
    keys = [day.key for day in notebook.days]
    if not keys:
        tell(notebook.remarks)
        raise WrongUsage(f"{file} has no cell that begins with %%grade and the name of an exercise")
    chosen = tuple(one for one in selections or catalogue.select(keys) if one.day.key in keys)
    if not chosen:
        missing = ", ".join(one.day.key for one in selections)
        raise WrongUsage(f"{file} holds nothing of {missing}; it is of {', '.join(keys)}")
    missing = [one.day.key for one in selections if one not in chosen]
    tell([f"{file} holds nothing of {', '.join(missing)}"] if missing else [])
    return notebook, chosen


def plan(notebook: Notebook, selection: Selection, tree: Path) -> Plan:
    """What taking a selection's answers makes of its file in a tree. Bytes that are no UTF-8 stay what they are."""
    day = selection.day
    file = day.file_in(tree)
    old = file.read_bytes() if file.exists() else b""
    mark = codecs.BOM_UTF8 if old.startswith(codecs.BOM_UTF8) else b""
    text = old.removeprefix(mark).decode("utf-8", "surrogateescape")
    names = {exercise.name for exercise in selection.exercises}
    answers = answers_of(notebook, day)
    found = [answer for name, answer in answers.found.items() if name in names]
    taken = take(text if text.strip() else stub_of(day), day, found)
    return Plan(
        day,
        file,
        mark + taken.text.encode("utf-8", "surrogateescape"),
        [answer.exercise for answer in taken.changed],
        taken.same,
        taken.replaced,
        _left(answers, taken, names),
        [*answers.remarks, *taken.remarks],
    )


def _left(answers: Answers, taken: Taken, names: set[str]) -> dict[str, list[str]]:
    left: dict[str, list[str]] = {}
    for name, why in {**answers.left, **taken.clashes}.items():
        if name in names:
            left.setdefault(why, []).append(name)
    return left


def tree_from(file: Path, selections: Sequence[Selection]) -> tuple[tuple[Selection, ...], Path]:
    """A tree shaped like exercises/ with a notebook's answers among stubs, and what of the selections is in it.

    A cell that is no Python goes in as it is, so that its verdict says so. Raises WrongUsage.
    """
    notebook, chosen = notebook_at(file, selections)
    remarks = [*notebook.remarks]
    texts = {}
    for one in chosen:
        answers = answers_of(notebook, one.day)
        all_of_them = [*answers.found.values(), *answers.broken.values()]
        taken = take(stub_of(one.day), one.day, all_of_them, named=file.name)
        texts[one.day] = taken.text
        remarks += [*answers.remarks, *taken.remarks, *(f"{n}: {why}" for n, why in taken.clashes.items())]
    tell(remarks)
    return chosen, _written(file, texts)


def _written(notebook: Path, texts: dict[Day, str]) -> Path:
    """The tree's folder: among what the kata keeps, so that verdicts may point into it; where nothing can be written, in a
    folder of this run."""
    from grader.record import store

    mark = hashlib.sha256(str(notebook.resolve()).encode("utf-8", "replace")).hexdigest()[:8]
    tree = store.folder() / "from-notebook" / f"{notebook.stem}-{mark}"
    try:
        _write(tree, texts)
    except OSError:
        passing = tempfile.TemporaryDirectory(prefix="kata-notebook-")
        atexit.register(passing.cleanup)
        tree = Path(passing.name)
        _write(tree, texts)
    return tree


def _write(tree: Path, texts: dict[Day, str]) -> None:
    for day, text in texts.items():
        files.write(day.file_in(tree), text.encode("utf-8", "replace"))
