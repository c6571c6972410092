"""Whole notebooks in a real kernel, from the first cell to the last: right answers pass, wrong ones are refused.

Each run takes two days, without the deeper look; KATA_WHOLE=1 takes all fourteen, with right and with wrong answers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.kata import catalogue
from grader.kata.answers import answers_of, learners_file
from grader.notebook_files import writing
from grader.notebook_files.answers import answers_of as answers_in
from grader.notebook_files.answers import opened
from grader.record.store import FOLDER
from tests.sampling import sample, whole

pytest.importorskip("nbclient", reason="it runs notebooks")
pytest.importorskip("ipykernel", reason="it is the kernel that runs them")

DAYS = catalogue.days()
QUICK = [day for day in DAYS if day.number not in {12, 13, 14}]  # the others train, or have several devices
PATIENCE = 1500 if whole() else 240  # seconds for a notebook
RUN = "from nbclient.cli import main; main()"


RIGHT = sample(QUICK, 1, "a right notebook in a kernel")
WRONG = sample([day for day in QUICK if day not in RIGHT], 1, "a wrong notebook in a kernel")


def wrong_file(day: catalogue.Day) -> tuple[str, set[str]]:
    """A learner's file with a mistake in each exercise that shows without timing, and their names."""
    seen = {"correct", "jit"} | ({"deeper"} if whole() else set())
    found = [
        [answer for answer in answers_of("wrong", day, one.name) if answer.aspect in seen]
        for one in day.exercises
    ]
    deal = [those[0] for those in found if those]
    return learners_file(deal), {answer.exercise for answer in deal}


def run(day: catalogue.Day, text: str, folder: Path) -> tuple[Path, dict[str, str]]:
    """Run the notebook of a day with these answers. The file as it was afterwards, and what each code cell showed."""
    file = folder / writing.file_name(day)
    content = writing.notebook(day, text)
    file.write_bytes(content if whole() else content.replace(b"%%grade day", b"%%grade --no-deep day"))
    folders = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", FOLDER)}
    ended = subprocess.run(
        [sys.executable, "-c", RUN, "--inplace", "--allow-errors", f"--timeout={PATIENCE}", str(file)],
        cwd=folder,
        env={**os.environ, **folders, "PYTHONPATH": str(catalogue.ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    cells = [cell for cell in json.loads(file.read_bytes())["cells"] if cell["cell_type"] == "code"]
    return file, {cell["id"]: "\n".join(map(_shown, cell["outputs"])) for cell in cells}


def _shown(output: dict[str, Any]) -> str:
    if output["output_type"] == "error":
        return f"raised {output['ename']}: {output['evalue']}"
    data = output.get("data", {})
    return "".join(output.get("text") or data.get("text/plain", ""))


def passed(shown: str) -> bool | None:
    """Whether a verdict says that its one exercise passed; None where there is no verdict."""
    found = re.search(r"^(?:stretch )?([01]) of 1\b", shown, re.MULTILINE)
    return found[1] == "1" if found else None


@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.parametrize("day", DAYS if whole() else RIGHT, ids=lambda day: day.key)
def test_a_notebook_with_the_solutions_passes_from_the_first_cell_to_the_last(
    day: catalogue.Day, tmp_path: Path
) -> None:
    file, shown = run(day, day.solution.read_text(encoding="utf-8"), tmp_path)
    names = [exercise.name for exercise in day.exercises]
    assert {name: shown[f"{name}-answer"] for name in names if not passed(shown[f"{name}-answer"])} == {}
    assert {name: text for name, text in shown.items() if "raised " in text} == {}
    assert day.key in shown["progress"]
    assert list(answers_in(opened(file), day).found) == names  # a notebook with outputs is read, too


@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.parametrize("day", DAYS if whole() else WRONG, ids=lambda day: day.key)
def test_a_notebook_with_wrong_answers_is_refused_cell_by_cell(day: catalogue.Day, tmp_path: Path) -> None:
    text, names = wrong_file(day)
    assert len(names) >= len(day.exercises) - 1
    _, shown = run(day, text, tmp_path)
    verdicts = {exercise.name: passed(shown[f"{exercise.name}-answer"]) for exercise in day.exercises}
    assert verdicts == dict.fromkeys(verdicts, False)
    todo = {name for name in verdicts if "todo" in shown[f"{name}-answer"].partition("\n\n")[0]}
    assert todo == verdicts.keys() - names
