"""`notebook`: days as Jupyter notebooks, and the answers of a notebook into the learner's files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from grader.commands.command import Command, CommandOption, WrongUsage
from grader.commands.common import FROM, FROM_NOTEBOOK, SOLUTIONS, YES, agreed, refuse, tell, tree_of
from grader.commands.notebook_answers import Plan, notebook_at, plan
from grader.kata import catalogue, files
from grader.kata.catalogue import Day, Selection
from grader.notebook_files import writing
from grader.notebook_files.document import SUFFIX
from grader.report.text import shown_path
from grader.results import Exit

_FOLDER = Path("notebooks")


def run(asked: argparse.Namespace) -> int:
    """Write notebooks, or take answers out of one."""
    if asked.from_notebook:
        return _take(asked)
    if not asked.words:
        raise WrongUsage("notebook takes a day, such as day01, or all")
    return _write(catalogue.select(asked.words), asked)


# ---- days as notebooks


def _write(selections: Sequence[Selection], asked: argparse.Namespace) -> int:
    for selection in selections:
        if len(selection.exercises) < len(selection.day.exercises):
            raise WrongUsage(f"notebook takes a day, such as {selection.day.key}, not one exercise")
    wanted = [one for one in (asked.with_answers, asked.solutions, getattr(asked, "from")) if one]
    if len(wanted) > 1:
        raise WrongUsage(
            "--with-answers, --solutions and --from name different answers; a notebook takes one of them"
        )
    days = [selection.day for selection in selections]
    written = {file: writing.notebook(day, _answers(day, asked)) for day, file in _places(days, asked.output)}
    there = [file for file in written if file.exists()]
    changed = [file for file in there if file.read_bytes() != written[file]]
    if changed and not asked.yes:
        one = "" if len(changed) == 1 else f" and {len(changed) - 1} more"
        return refuse(f"{changed[0]} exists already{one}; --yes writes over it, and keeps a copy beside it")
    for file, content in written.items():
        copy = files.keep_copy(file) if file in changed else None
        if file in changed or file not in there:
            _put(file, content)
        print(f"{file}: {'unchanged' if file in there and file not in changed else 'written'}")
        if copy:
            print(f"as it was: {copy}")
    return Exit.DONE


def _put(file: Path, content: bytes) -> None:
    try:
        files.write(file, content)
    except (FileExistsError, NotADirectoryError) as error:
        raise WrongUsage(f"{file} cannot be made ({error.strerror}: {error.filename})") from error


def _places(days: Sequence[Day], output: Path | None) -> list[tuple[Day, Path]]:
    """Where each day's notebook goes. Raises WrongUsage."""
    if len(days) > 1:
        folder = output or _FOLDER
        if folder.exists() and not folder.is_dir():
            raise WrongUsage(f"{folder} is a file; several notebooks go into a folder")
        if folder.suffix == SUFFIX:
            raise WrongUsage(f"{len(days)} notebooks do not go into one file; -o takes a folder")
        return [(day, folder / writing.file_name(day)) for day in days]
    (day,) = days
    file = output or Path(writing.file_name(day))
    if file.is_dir():
        file /= writing.file_name(day)
    if file.is_dir() or file.suffix != SUFFIX:
        raise WrongUsage(f"-o takes a file whose name ends with {SUFFIX}, not {str(output)!r}")
    return [(day, file)]


def _answers(day: Day, asked: argparse.Namespace) -> str | None:
    """The text of the learner's file, where answers are wanted. Raises WrongUsage when it is not there."""
    if not (asked.with_answers or asked.solutions or getattr(asked, "from")):
        return None
    file = day.file_in(tree_of(asked))
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise WrongUsage(f"there is no {shown_path(file)}, so it has no answers") from None


# ---- answers out of a notebook


def _take(asked: argparse.Namespace) -> int:
    strange = [option.flag for option in (OUTPUT, WITH_ANSWERS, SOLUTIONS) if getattr(asked, option.name)]
    if strange:
        raise WrongUsage(f"{strange[0]} is for writing a notebook; --from-notebook takes answers out of one")
    tree = tree_of(asked)
    notebook, selections = notebook_at(asked.from_notebook, catalogue.select(asked.words))
    tell(notebook.remarks)
    plans = [plan(notebook, selection, tree) for selection in selections]
    for one in plans:
        tell(one.remarks)
    if not asked.yes and not _may_replace(plans):
        return refuse("nothing was changed")
    done = True
    for selection in selections:
        done &= _taken(plan(notebook, selection, tree), asked.from_notebook)  # of the file as it is now
    return Exit.DONE if done else Exit.UNDONE


def _may_replace(plans: Sequence[Plan]) -> bool:
    """Ask, where answers that a file holds would be replaced by others."""
    names = [f"{one.day.key}.{name}" for one in plans for name in one.replaced]
    if not names:
        return True
    yours = ", ".join(shown_path(one.file) for one in plans if one.replaced)
    kept = "a copy of it is kept" if len(plans) == 1 else "copies are kept"
    return agreed(f"Replace your {', '.join(names)} in {yours}? As the file is now, {kept}.")


def _taken(one: Plan, notebook: Path) -> bool:
    """Carry a plan out, and say what became of each exercise. Returns whether all answers are in the file."""
    copy = None
    if one.changed:
        copy = files.keep_copy(one.file) if one.file.exists() else None
        files.write(one.file, one.new)
    print(f"{one.day.key} from {notebook} into {shown_path(one.file)}")
    rows = [("taken", ", ".join(one.changed), ""), ("the same", ", ".join(one.same), "")]
    rows += [("left", ", ".join(names), f": {why}") for why, names in one.left.items()]
    for word, names, why in rows:
        if names:
            print(f"  {word:<9} {names}{why}")
    if copy:
        print(f"your file as it was: {shown_path(copy)}")
    if one.changed:
        print(f"To grade it: python -m grader {one.day.key}")
    return one.complete


OUTPUT = CommandOption(
    ("-o", "--output"),
    f"the notebook that is written (day01_pure_functions{SUFFIX}), for several days the folder ({_FOLDER})",
    read=Path,
    takes="a file",
    metavar="FILE",
)
WITH_ANSWERS = CommandOption(("--with-answers",), "your answers in the cells, in the place of stubs")
COMMAND = Command(
    "day01 [-o FILE]",
    "a day as a Jupyter notebook; --from-notebook takes its answers into your file",
    run,
    (OUTPUT, WITH_ANSWERS, FROM_NOTEBOOK, FROM, SOLUTIONS, YES),
)
