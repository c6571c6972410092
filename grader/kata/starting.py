"""A workspace made: stubs, lessons and their pictures, and beside them `.kata`, which says what was brought."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from grader import __version__
from grader.kata import home, originals, shipped
from grader.kata.catalogue import Day
from grader.kata.files import write
from grader.kata.originals import Originals

_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"


class NotStarted(Exception):
    """No workspace can be made there; the text says why and what to do. Nothing was changed."""


def start(folder: Path, days: Sequence[Day]) -> None:
    """Make a workspace of a folder that is not there, or that holds nothing which could be meant otherwise.

    It is made under another name, and gets its own when all is there: nothing half made stays. Raises NotStarted, OSError.
    """
    named, folder = str(folder), Path(os.path.abspath(folder))
    _refuse(folder, named)
    with _folders_above(folder), _another_name(folder) as making:
        _fill(making, days)
        if not folder.exists():
            os.replace(making, folder)
            return
        with suppress(FileNotFoundError):
            (folder / home.EXERCISES).rmdir()  # an empty one
        # The marker comes last. Were it killed in between, `update` would take the exercises over.
        os.replace(making / home.EXERCISES, folder / home.EXERCISES)
        try:
            os.replace(making / home.KEPT, folder / home.KEPT)
        except BaseException:
            os.replace(folder / home.EXERCISES, making / home.EXERCISES)
            raise


def _refuse(folder: Path, named: str) -> None:
    """Raises NotStarted where somebody has something already, or would not find what is made."""
    if home.is_workspace(folder):
        raise NotStarted(f"{named} is a kata already. In it `python -m grader update` brings what is new.")
    if not folder.is_dir() and os.path.lexists(folder):
        raise NotStarted(f"{named} is a file; start takes the name of a folder.")
    if around := home.above(folder):
        raise NotStarted(f"{named} would lie within the kata in {around}; name a folder outside of it.")
    above = next(one for one in folder.parents if os.path.lexists(one))
    if not above.is_dir():
        raise NotStarted(f"{named} cannot be made: {above} is a file.")
    if not folder.is_dir():
        return
    if any(folder.glob(f"{home.EXERCISES}/*")):
        raise NotStarted(
            f"{named} holds exercises already, and nothing is written over them. If they are a kata's, "
            f"`python -m grader update {named}` takes them over; else name another folder."
        )
    if os.path.lexists(folder / home.KEPT) and any((folder / home.KEPT).iterdir()):
        raise NotStarted(f"{named} has a folder {home.KEPT} with something in it; name another folder.")
    if others := sorted(one.name for one in folder.iterdir() if _belongs_to_somebody(one)):
        raise NotStarted(
            f"{named} is not empty: it holds {', '.join(others[:3])}{', ...' if len(others) > 3 else ''}. "
            "Name a folder that is not there yet."
        )


def _belongs_to_somebody(path: Path) -> bool:
    """Folders do, but for hidden ones, virtual environments, and empty ones for exercises. Files may lie beside a kata."""
    if path.name.startswith(".") or path.name == home.EXERCISES or not path.is_dir():
        return False
    return not (path / _VIRTUAL_ENVIRONMENT).is_file()


def _fill(folder: Path, days: Sequence[Day]) -> None:
    record = Originals(__version__)
    for day in days:
        for path, content in {
            shipped.stub_path(day): shipped.stub_bytes(day),
            **shipped.lesson_files(day),
        }.items():
            write(folder / path, content)
            originals.keep(folder, path, content)
            record = record.with_content(path, content)
    write(folder / home.MARKER, record.text())


@contextmanager
def _folders_above(folder: Path) -> Iterator[None]:
    """Those that are not there are made, and taken away again when what is done in them fails."""
    missing = [one for one in folder.parents if not one.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for one in missing:
            with suppress(OSError):
                one.rmdir()
        raise


@contextmanager
def _another_name(folder: Path) -> Iterator[Path]:
    """A folder to fill: beside the one that is to be made, or in the one that is there. Afterwards it is gone."""
    name = f".{folder.name or 'kata'}.{os.getpid()}.new"
    making = folder / name if folder.is_dir() else folder.with_name(name)
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)
