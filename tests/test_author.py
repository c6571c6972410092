"""An exercise written from nothing by the authors' commands, in a copy of the kata: begun, looked at, tried, broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import toolkit
from grader.authoring.beginning import begin
from grader.authoring.templates import FILL_IN
from grader.authoring.toolkit_pages import offers
from grader.kata import catalogue

ROOT = Path(__file__).parent.parent
NAME = "range_of"

SOLUTION = '''

def range_of(x: Float[Array, "n"]) -> Float[Array, ""]:
    """Take the distance from the smallest to the largest entry.

    max(x) - min(x), which is 0 for one entry.
    """
    return jnp.max(x) - jnp.min(x)
'''
CHECKS = '''"""Checks of range_of."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.toolkit import Learner, Numbers, check, compiles_once


@check("range_of", "correct", hint="From the smallest to the largest, wherever they stand.")
def test_range_of_by_hand(learner: Learner) -> None:
    learner.range_of(jnp.array([2.0, 5.0, 1.0])).close_to(4.0)
    learner.range_of(jnp.array([-3.0, 5.0])).close_to(8.0)


@check("range_of", "jit", hint="A comparison in Python needs a value; jnp.max needs none.")
def test_range_of_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5,)),) for _ in range(2)]
    for (x,), result in zip(calls, compiles_once(learner.range_of.jit(), calls), strict=True):
        result.close_to(np.ptp(np.asarray(x, np.float64)))
'''
DEEPER = '''"""The deeper look at range_of."""

from __future__ import annotations

import numpy as np

from grader.toolkit import Draw, Learner, check


@check("range_of", "deeper", hint="Of all entries, however large they are.")
def test_range_of_in_many_cases(learner: Learner, draw: Draw) -> None:
    x = draw.floats((draw.one_of(3, 1),), magnitudes=(1e-3, 1e3))
    learner.range_of(x).close_to(np.ptp(np.asarray(x, np.float64)))
'''
HINTS = """lesson: tells how far the entries lie apart
topics: broadcasting, axes

1. Which two entries decide, and does their order matter?
2. A reduction finds the largest, another one the smallest.
3. One line: `jnp.max(x)` less the other.
"""
WRONG = '''"""Mistakes in range_of."""

import jax.numpy as jnp

from grader.kata.answers import caught_by


@caught_by("correct", "by_hand")
def range_of__largest(x):
    return jnp.max(x)


@caught_by("correct", "by_hand")
def range_of__ends(x):
    return x[-1] - x[0]


@caught_by("correct", "by_hand")
def range_of__of_magnitudes(x):
    return jnp.max(jnp.abs(x)) - jnp.min(jnp.abs(x))


@caught_by("jit", "compiles_once")
def range_of__by_python(x):
    values = [float(value) for value in x]
    return jnp.asarray(max(values) - min(values))


@caught_by("deeper", "in_many_cases")
def range_of__clipped(x):
    x = jnp.clip(x, -50, 50)
    return jnp.max(x) - jnp.min(x)
'''
RIGHT = '''"""Other right answers to range_of."""

import jax.numpy as jnp


def range_of__ptp(x):
    return jnp.ptp(x)


def range_of__sorted(x):
    ordered = jnp.sort(x)
    return ordered[-1] - ordered[0]
'''


@pytest.fixture(scope="module")
def kata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the kata, in which an exercise is begun and filled in."""
    root = tmp_path_factory.mktemp("kata")
    for name in ("grader", "solutions", "exercises"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("TOPICS.md", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    return root


def ask(kata: Path, *arguments: str) -> tuple[int, str]:
    environment = {**os.environ, "KATA_FOLDER": str(kata / ".kata")}
    command = [sys.executable, "-m", "grader", *arguments]
    ended = subprocess.run(command, cwd=kata, env=environment, capture_output=True, text=True, timeout=200)
    return ended.returncode, ended.stdout + ended.stderr


def author(kata: Path, *arguments: str) -> tuple[int, str]:
    return ask(kata, "author", *arguments, "--format", "plain")


def test_an_exercise_is_begun_filled_in_found_in_order_and_tried(kata: Path, tmp_path: Path) -> None:
    status, said = author(kata, "new", f"day01.{NAME}", "--stretch")
    assert status == 0, said
    folder = kata / "grader" / "days" / "day01_pure_functions" / NAME
    assert sorted(file.name for file in folder.iterdir()) == [
        "checks.py", "deeper.py", "hints.md", "right_answers.py", "wrong_answers.py",
    ]  # fmt: skip
    solution = kata / "solutions" / "day01_pure_functions" / "pure_functions.py"
    begun = solution.read_text(encoding="utf-8")
    assert f"def {NAME}(" in begun

    status, said = author(kata, "check", f"day01.{NAME}")
    assert status == 1
    assert f"{FILL_IN} is left at" in said
    assert "python -m grader stubs" in said

    status, said = author(kata, "new", f"day01.{NAME}")
    assert status == 1
    assert f"has an exercise {NAME} already" in said
    assert solution.read_text(encoding="utf-8") == begun

    solution.write_text(begun[: begun.index(f"\n\ndef {NAME}(")] + SOLUTION, encoding="utf-8")
    for file, text in {
        "checks.py": CHECKS,
        "hints.md": HINTS,
        "wrong_answers.py": WRONG,
        "right_answers.py": RIGHT,
        "deeper.py": DEEPER,
    }.items():
        (folder / file).write_text(text, encoding="utf-8")
    assert ask(kata, "stubs")[0] == 0
    status, said = author(kata, "check", f"day01.{NAME}")
    assert status == 0, said
    assert "is in order" in said
    assert said.count("caught by") == 5
    assert "caught by deeper in_many_cases" in said
    assert "80 drawn cases" in said

    answer = tmp_path / "answer.py"
    answer.write_text("import jax.numpy as jnp\n\ndef range_of(x):\n    return jnp.max(x) + jnp.min(x)\n")
    status, said = author(kata, "try", f"day01.{NAME}", str(answer))
    assert status == 1
    assert "caught by correct by_hand" in said
    assert "From the smallest to the largest" in said

    right = folder / "right_answers.py"
    status, said = author(kata, "try", f"day01.{NAME}", str(right))
    assert status == 0, said
    assert "range_of__ptp passes all 3 checks" in said

    # What the checks do not catch, and what they refuse though it is right, is told.
    (folder / "wrong_answers.py").write_text(WRONG.replace("return x[-1] - x[0]", "return jnp.ptp(x)"))
    right.write_text(RIGHT.replace("return jnp.ptp(x)", "return jnp.ptp(x) + 1"))
    status, said = author(kata, "check", f"day01.{NAME}")
    assert status == 1
    assert "range_of__ends" in said
    assert "wrong, and passed every check" in said
    assert "refused by by_hand" in said
    assert "2 of" in said


def test_the_toolkit_is_listed_with_signatures() -> None:
    known = {offer.name: offer for offer in offers()}
    assert set(known) == set(toolkit.__all__)
    assert all(offer.head and offer.text for offer in known.values())
    assert known["compiles_once"].head.startswith("compiles_once(handle: Handle, calls: ")
    assert "close_to" in {method.name for method in known["Called"].methods}
    status, said = author(ROOT, "toolkit", "bans")
    assert status == 0
    assert "names none of these dotted names" in said
    assert author(ROOT, "toolkit", "nothing")[0] == 2


@pytest.mark.parametrize("name", ["softmax", "2nd", "class", "_hidden", "two__halves", ""])
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(name: str) -> None:
    day = catalogue.find_day("day01")
    before = day.solution.read_bytes(), sorted(catalogue.DAYS.rglob("*.py"))
    with pytest.raises(ValueError, match="exercise"):
        begin(day, name)
    assert (day.solution.read_bytes(), sorted(catalogue.DAYS.rglob("*.py"))) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "new, check or try"),
        (("check",), "one exercise"),
        (("check", "day01"), "one exercise"),
        (("check", "day01.softmax", "--stretch"), "--stretch belongs to author new"),
        (("new", "softmax"), "a day and a name"),
        (("try", "day01.softmax"), "an exercise and a file"),
        (("try", "day01.softmax", "nowhere.py"), "cannot be read"),
        (("try", "day01.softmax", "README.md"), "is no Python"),
        (("try", "day01.softmax", "tests/conftest.py"), "holds no softmax"),
    ],
)
def test_wrong_usage_is_told_in_a_line(arguments: tuple[str, ...], says: str) -> None:
    command = [sys.executable, "-m", "grader", "author", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1
