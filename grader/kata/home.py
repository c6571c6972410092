"""Where somebody works: a folder that `start` has made, or the clone. In it lie `exercises/`, and `.kata` with the progress.

Found without reading any of it, since every command asks.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from grader.kata import catalogue

HOME = "KATA_HOME"  # in the environment: the workspace's folder
EXERCISES = "exercises"  # the folder in it that is shaped like the kata's own
KEPT = ".kata"  # the folder in it for all that is no exercise
MARKER = f"{KEPT}/workspace.json"  # what makes a folder a workspace


class NoWorkspace(Exception):
    """There is no folder of one's own here; the text says how to get one."""


@cache
def here() -> Path:
    """Where somebody works. Asked once: to start a worker, the whole process goes elsewhere for a moment."""
    return Path.cwd()


def find() -> Path | None:
    """The workspace's folder; None where there is none. Raises NoWorkspace when the environment names a wrong one.

    The environment decides; else the nearest folder upwards that is one; else, for a clone, the clone itself.
    """
    if named := os.environ.get(HOME):
        folder = here() / Path(named).expanduser()
        if not (is_workspace(folder) or os.path.isdir(folder / EXERCISES)):
            raise NoWorkspace(
                f"{HOME} is {named}, and there is no kata: `python -m grader start {named}` makes one"
            )
        return folder
    return above(here()) or (None if catalogue.INSTALLED else catalogue.ROOT)


def above(folder: Path) -> Path | None:
    """The nearest workspace that a folder is or lies in, where a clone is one, too."""
    clone = None if catalogue.INSTALLED else catalogue.ROOT
    return next((one for one in (folder, *folder.parents) if is_workspace(one) or one == clone), None)


def is_workspace(folder: Path) -> bool:
    """Whether `start` or `update` has made it one. What may not be looked into is none."""
    return os.path.isfile(folder / MARKER)


def needed() -> Path:
    """The workspace's folder. Raises NoWorkspace."""
    if folder := find():
        return folder
    raise NoWorkspace("there is no kata here: `python -m grader start my-kata` makes one, or go into yours")


def exercises() -> Path:
    """The folder of the files that somebody edits. Raises NoWorkspace."""
    return needed() / EXERCISES


def is_own(tree: Path) -> bool:
    """Whether a tree is the one in the workspace; others are other people's. Raises NoWorkspace as `find` does."""
    folder = find()
    return folder is not None and tree.resolve() == (folder / EXERCISES).resolve()


def is_the_kata_itself(folder: Path) -> bool:
    """Whether a folder is the clone, whose lessons git brings."""
    return not catalogue.INSTALLED and folder.resolve() == catalogue.ROOT
