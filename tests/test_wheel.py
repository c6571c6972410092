"""A wheel holds the whole kata: unpacked outside of the tree, its commands answer as they do in a clone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.kata import catalogue

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from this tree, unpacked as pip would; the packages underneath come from this environment."""
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def ask(site: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "HOME": str(elsewhere)}
    environment.pop("KATA_FOLDER", None)
    command = [sys.executable, "-m", "grader", *arguments, "--format", "plain"]
    return subprocess.run(
        command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=200
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list",), "day14"),
        (("hint", "day01.softmax"), "hint 1 of 3"),
        (("solution", "day14.fit", "--reveal"), "reference"),
        (("day01.softmax", "--solutions", "--no-speed"), "1 of 1 passed"),
        (("doctor",), "jaxtyping"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_of_the_installed_kata_answers(
    unpacked: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    ended = ask(unpacked, tmp_path, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert says in ended.stdout
    assert str(ROOT) not in ended.stdout.replace(sys.prefix, "")
    assert not (unpacked / "grader" / ".kata").exists()  # progress lies with its owner, not with the package


def test_the_wheel_holds_every_file_of_the_kata(unpacked: Path) -> None:
    for tree in (catalogue.LESSONS, catalogue.SOLUTIONS, catalogue.GRADER):
        below = unpacked / "grader" / ("" if tree == catalogue.GRADER else tree.name)
        files = [path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        tracked = [path for path in files if not path.name.endswith((".bak", ".new"))]
        assert tracked
        if tree == catalogue.LESSONS:
            assert len([path for path in tracked if path.suffix == ".svg"]) >= 6  # of the lessons
        assert [path for path in tracked if not (below / path.relative_to(tree)).is_file()] == []
