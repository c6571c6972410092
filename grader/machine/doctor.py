"""Whether the kata can run here: packages, devices, clocks, folders, and what to do about what is missing.

JAX is asked in a process of its own. Nothing here needs an installed package, since one of them may be what is missing.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from grader import __version__
from grader.kata import catalogue, home, originals
from grader.machine import compile_cache, editor, faults
from grader.machine.devices import jax_rows
from grader.machine.doctor_rows import Row, State
from grader.machine.packages import package_rows, python_row, vision_row
from grader.record import store

_GIB = 2**30
_UPDATE = "python -m grader update"


class Sheet(Protocol):
    """What standard output can show."""

    @property
    def width(self) -> int: ...
    @property
    def colour(self) -> bool: ...
    @property
    def ascii(self) -> bool: ...


def rows(output: Sheet) -> Iterator[Row]:
    """All rows, each as soon as it is known; the slow ones, which start JAX, come last."""
    yield python_row()
    yield kata_row()
    yield from package_rows()
    yield vision_row()
    yield processors_row()
    yield memory_row()
    yield temporary_folder_row()
    yield workspace_row()
    yield from own_rows()
    yield editor_row()
    yield terminal_row(output)
    yield from jax_rows()


def processors_row() -> Row:
    """How many processors this process may use."""
    have = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else have
    text = f"{usable} that this process may use" + (f", of {have}" if usable != have else "")
    return Row("processors", State.GOOD, text)


def memory_row() -> Row:
    """The machine's memory; a worker gets half of it, at most 4 GiB."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return Row("memory", State.NOTE, "this system does not say how much there is")
    text = f"{total / _GIB:.1f} GiB"
    if total < 2 * _GIB:
        return Row("memory", State.NOTE, f"{text} is little: a worker of the grader may use half of it")
    return Row("memory", State.GOOD, text)


def temporary_folder_row() -> Row:
    """The folder in which workers run."""
    try:
        return Row("temporary files", State.GOOD, tempfile.gettempdir())
    except OSError as error:
        what, _, remedy = faults.explain(error).partition("\n")
        return Row("temporary files", State.MISSING, what, remedy)


def kata_row() -> Row:
    """Which version of the kata this is, and where it lies."""
    where = f"installed in {catalogue.ROOT}" if catalogue.INSTALLED else f"the clone {catalogue.ROOT}"
    return Row("kata", State.GOOD, f"{__version__}, {where}")


def workspace_row() -> Row:
    """The folder that somebody works in, and whether its exercises are those of this version."""
    start = "python -m grader start my-kata"
    try:
        folder = home.find()
        if folder is None:
            return Row("workspace", State.NOTE, "none here; go into yours, or make one", start)
        record = originals.read(folder)
    except home.NoWorkspace as error:
        return Row("workspace", State.NOTE, str(error))
    except (ValueError, originals.NewerFormat, OSError) as error:
        return Row("workspace", State.NOTE, f"{folder}, of which little is known: {error}", _UPDATE)
    named = f" (named by {home.HOME})" if os.environ.get(home.HOME) else ""
    if originals.is_newer(record.kata, __version__):
        text = f"{folder}{named}, with the exercises of the newer {record.kata}: install that one"
        return Row("workspace", State.NOTE, text)
    if record.kata and record.kata != __version__:
        text = f"{folder}{named}, with the exercises of {record.kata}"
        return Row("workspace", State.NOTE, text, _UPDATE)
    return Row("workspace", State.GOOD, f"{folder}{named}")


def own_rows() -> Iterator[Row]:
    """What is kept for whoever works here; nothing where the environment names a wrong workspace."""
    with suppress(home.NoWorkspace):
        yield progress_row()
        yield compile_cache_row()


def progress_row() -> Row:
    """The folder that progress is recorded in, and how many attempts it holds."""
    keeper = store.own()
    folder = keeper.file.parent
    another = f"{store.FOLDER}=/path/to/folder python -m grader ..."
    try:
        count = sum(standing.attempts for standing in keeper.standings().values())
    except store.NotRecorded as error:
        return Row("progress", State.NOTE, f"cannot be read: {error}", another)
    attempts = f"{count} attempt{'' if count == 1 else 's'} recorded"
    if keeper.notices:
        return Row("progress", State.NOTE, " ".join(keeper.notices))
    if not _writable(folder):
        text = f"{folder} cannot be written, so nothing is recorded ({attempts} so far)"
        return Row("progress", State.NOTE, text, another)
    return Row("progress", State.GOOD, f"{folder}, {attempts}")


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it does not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def compile_cache_row() -> Row:
    """The folder that keeps compiled programs from run to run."""
    try:
        cache, works = compile_cache.choose(store.folder())
    except importlib.metadata.PackageNotFoundError as error:
        return Row("compile cache", State.NOTE, f"not used: {error.name} is not installed")
    if cache is None:
        return Row("compile cache", State.GOOD, f"off ({compile_cache.SETTING}=off)")
    if works is None:
        return Row("compile cache", State.GOOD, "will be tried after the next grading")
    if not works:
        return Row("compile cache", State.NOTE, f"does not work on this machine, so it is not used ({cache})")
    megabytes = compile_cache.size(cache) / 2**20
    return Row("compile cache", State.GOOD, f"in use: {megabytes:.1f} MB in {cache}")


def editor_row() -> Row:
    """The editor that `watch` would open."""
    found, gone = editor.find(), editor.absent()
    if found is None:
        text = "; ".join(gone) or "none found; any editor will do"
        return Row("editor", State.NOTE, text, "export EDITOR=nano    # or the one that you like")
    return Row("editor", State.NOTE if gone else State.GOOD, "; ".join([*gone, " ".join(found.command)]))


def terminal_row(output: Sheet) -> Row:
    """How wide the terminal is, and whether it has colour and all signs."""
    colour = "colour" if output.colour else "no colour"
    words = [f"{output.width} columns", colour, getattr(sys.stdout, "encoding", None) or "unknown encoding"]
    if not sys.stdout.isatty():
        words.insert(0, "no terminal")
    if output.ascii:
        return Row("terminal", State.NOTE, ", ".join(words), "export PYTHONIOENCODING=utf-8    # for ✓ and ★")
    if output.width < 60:
        return Row("terminal", State.NOTE, ", ".join(words), "Make it 60 columns wide or more.")
    return Row("terminal", State.GOOD, ", ".join(words))
