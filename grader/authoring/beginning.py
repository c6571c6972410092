"""A new exercise begun: its folder, and a solution to fill in. Nothing that is there already is touched."""

from __future__ import annotations

import keyword
import shutil
from pathlib import Path

from grader.authoring import templates
from grader.kata import files
from grader.kata.catalogue import STRETCH_SIGN, Day


def begin(day: Day, name: str, *, stretch: bool = False) -> list[Path]:
    """Write an exercise's folder and append its solution to the day's; returns the files, the solution first.

    Raises ValueError when the name cannot be that of a new exercise.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or "__" in name:
        raise ValueError(
            f"{name!r} cannot name an exercise: it is to be a public function's name, such as softmax"
        )
    folder, solution = day.folder_of(name), day.solution.read_text(encoding="utf-8")
    if folder.exists() or any(exercise.name == name for exercise in day.exercises):
        raise ValueError(f"{day.key} has an exercise {name} already")
    words = {"name": name, "folder": day.folder, "star": f"{STRETCH_SIGN} " if stretch else ""}
    written = [day.solution]
    try:
        for file, template in {**templates.FILES, **templates.OPTIONAL}.items():
            files.write(folder / file, template.substitute(words).encode())
            written.append(folder / file)
        text = solution.rstrip("\n") + "\n" + templates.SOLUTION.substitute(words)
        files.write(day.solution, text.encode())
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)  # which this call has made
        raise
    return written
