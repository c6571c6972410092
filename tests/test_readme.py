"""The README tells the truth: its commands exist, its table of days is the kata's, CI runs its test command."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from grader import cli
from grader.kata import catalogue
from grader.record import standing
from tests.test_layers import ALLOWED

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"python -m grader(?: [^`|&\n]*)?", README)))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_grader_command_of_the_readme_is_understood(command: str) -> None:
    words = shlex.split(command.replace("DIR", "."))[3:]
    _, options = cli.parse(words)
    if words[:1] == ["list"]:
        assert standing.find(options.words)
    elif words and words[0] not in {
        "data",
        "export",
        "import",
        "start",
        "update",
    }:  # those take files, or data sets
        assert catalogue.select(options.words) or words[0] in cli.COMMANDS


def test_ci_runs_the_test_command_of_the_readme() -> None:
    block = re.search(r"^<!-- test command -->\n```\n(.+)\n```$", README, re.MULTILINE)
    assert block is not None
    assert block[1].endswith("python -m pytest")
    assert "<!-- test command -->" in (ROOT / ".ci" / "run").read_text()


def test_the_first_command_installs_and_grades() -> None:
    block = re.search(r"^<!-- first command -->\n```\n(.+)\n```$", README, re.MULTILINE)
    assert block is not None
    assert block[1] == "python -m pip install -e . && python -m grader day01"


def test_paths_and_options_of_the_readme_exist() -> None:
    for path in re.findall(r"`((?:exercises|solutions|grader|tests)/[^`]*)`", README):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
    magics = (ROOT / "grader" / "notebook" / "magics.py").read_text(encoding="utf-8")
    options = cli.page() + magics
    for option in re.findall(r"`(--[a-z-]+)", README):
        assert option in options, option


def test_every_day_is_in_the_table() -> None:
    for day in catalogue.days():
        assert f"| [{day.number}](exercises/{day.folder}/README.md) | {day.title} |" in README


def test_the_table_of_contributing_names_every_room_in_the_order_of_the_layers() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [name.removesuffix("/") for name in re.findall(r"^\| `(\w+(?:\.py|/))` \|", text, re.MULTILINE)]
    there = [path.name for path in (ROOT / "grader").iterdir() if path.is_dir() or path.suffix == ".py"]
    said_elsewhere = {"__init__.py", "__main__.py", "__pycache__", "cli.py"}
    assert sorted(named) == sorted(set(there) - said_elsewhere)
    order = [name for name in ALLOWED if name in {one.removesuffix(".py") for one in named}]
    assert [name.removesuffix(".py") for name in named] == order


def test_the_page_of_concepts_names_modules_that_exist() -> None:
    text = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "grader").iterdir() if path.is_dir()}
    named = [(room, module) for room, module in re.findall(r"\b(\w+)/(\w+)\b", text) if room in rooms]
    missing = [f"{r}/{m}" for r, m in named if not (ROOT / "grader" / r / f"{m}.py").is_file()]
    assert len(named) >= 12
    assert missing == []


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda script: script.stem)
def test_a_benchmark_finds_what_it_measures(script: Path) -> None:
    names = runpy.run_path(
        str(script), run_name="looked_at"
    )  # all that it imports is there; nothing is measured
    assert callable(names["main"])
