"""The flow goes one way: who may import whom, and what may be imported at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import grader.toolkit
from grader.kata import catalogue

GRADER = Path(__file__).parent.parent / "grader"
MODULES = sorted(GRADER.rglob("*.py"))

# The rooms and single modules, from the ground up -> what of ours each may import besides itself. An import goes down
# this list, never up.
ALLOWED = {
    "cells": set(),
    "diagnoses": set(),
    "findings": {"diagnoses"},
    "pictures": set(),
    "units": set(),
    "wire": set(),
    "results": set(),
    "options": {"results"},
    "source": {"results"},
    "kata": {"source"},
    "notebook_files": {"kata", "source"},
    "record": {"kata", "results", "source"},
    "datasets": {"kata", "source"},
    "machine": {"kata", "record"},
    "toolkit": {"datasets", "kata", "machine", "results", "source"},
    "scenes": {"toolkit"},
    "days": {"kata", "scenes", "toolkit"},
    "worker": {"machine", "options", "results", "scenes", "source", "toolkit"},
    "judge": {"kata", "machine", "options", "results", "source", "worker"},
    "authoring": {"judge", "kata", "options", "results", "source"},
    "figures": set(),
    "report": {"machine", "record", "results"},
    "html": {"figures", "kata", "record", "report", "results", "source"},
    "page": {"figures", "html", "kata", "record", "report", "results", "source"},
    "serve": {
        "html",
        "figures",
        "judge",
        "kata",
        "machine",
        "notebook_files",
        "options",
        "record",
        "report",
        "results",
        "source",
    },
    "watch": {"judge", "kata", "machine", "options", "page", "record", "report", "results", "source"},
    "commands": {
        "authoring",
        "datasets",
        "figures",
        "html",
        "judge",
        "kata",
        "machine",
        "notebook_files",
        "options",
        "record",
        "report",
        "results",
        "serve",
        "source",
        "watch",
    },
    "notebook": set(),
    "__init__": {"notebook"},
    "cli": {"commands", "kata", "machine", "record", "results"},
    "__main__": {"cli"},
}
# Plain data and words, below all else: everybody may import them.
PLAIN = {"cells", "diagnoses", "findings", "pictures", "units", "wire"}
# Who may import what is heavy: rooms, or single modules of them.
OWNERS = {
    "rich": {"report"},
    "matplotlib": {"figures"},
    "jinja2": {"html"},
    "markdown_it": {"html"},
    "markupsafe": {"html", "page"},
    "starlette": {"page"},
    "uvicorn": {"page"},
    "IPython": {"notebook", "worker.failing_case"},
    "jax": {"days", "scenes", "toolkit", "worker", "machine.probe", "datasets.mnist_fit"},
    "pytest": {"toolkit", "worker"},
}


def _part(path: Path) -> str:
    return path.relative_to(GRADER).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(GRADER)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    part = _part(path)
    for name in _imports(path):
        first, *rest = name.split(".")
        if first == "grader" and rest != ["__version__"]:
            assert rest[0] in ALLOWED[part] | {part} | PLAIN, f"{path.stem} in {part} imports {name}"
        if first in OWNERS:
            module = ".".join(path.relative_to(GRADER).with_suffix("").parts)
            assert {part, module} & OWNERS[first], f"{module} imports {name}"


def _imports_of_ours(path: Path) -> list[tuple[str, str]]:
    """Pairs of a module of ours, and a name imported from it."""
    return [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "grader"
        for alias in node.names
    ]


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_checks_import_from_the_front_of_the_toolkit_and_what_their_day_shares(day: catalogue.Day) -> None:
    shared = f"grader.days.{day.folder}.shared"
    files = [day.checks_of(exercise.name) for exercise in day.exercises]
    deeper = [day.deeper_of(exercise.name) for exercise in day.exercises]
    for file in [day.shared, *files, *(file for file in deeper if file.exists())]:
        own = f"grader.days.{day.folder}.{file.parent.name}.checks"  # what a deeper look shares with the first one
        plain = {name for name in _imports(file) if name.partition(".")[0] == "grader"}
        named = {f"{module}.{name}" for module, name in _imports_of_ours(file)}
        assert plain == named, f"{file}: import names, not modules"
        for module, name in _imports_of_ours(file):
            front = module == "grader.toolkit" and name in grader.toolkit.__all__
            near = (module == shared and file != day.shared) or (module == own and file.name == "deeper.py")
            assert front or near, f"{file} imports {name} from {module}"


@pytest.mark.parametrize("day", catalogue.days(), ids=lambda day: day.key)
def test_what_a_day_shares_is_used_by_several_modules(day: catalogue.Day) -> None:
    needs = {}  # what is defined in it -> what of it that uses, itself included
    for node in ast.parse(day.shared.read_text(encoding="utf-8")).body:
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        defined = {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
        if isinstance(node, ast.Assign | ast.AnnAssign):
            stored = (part for part in ast.walk(node) if isinstance(part, ast.Name))
            defined = {part.id for part in stored if isinstance(part.ctx, ast.Store)}
        needs |= dict.fromkeys(defined, used | defined)
    users = {name: set() for name in needs}
    modules = [day.checks_of(exercise.name) for exercise in day.exercises]
    modules += [path for exercise in day.exercises if (path := day.deeper_of(exercise.name)).exists()]
    for path in modules:
        reached = {name for module, name in _imports_of_ours(path) if "days" in module}
        while more := {other for name in reached for other in needs.get(name, ())} & needs.keys() - reached:
            reached |= more
        for name in reached:
            if name in users:
                users[name].add(f"{path.parent.name}/{path.name}")
    assert {name: who for name, who in users.items() if len(who) < 2} == {}


def test_no_import_goes_up() -> None:
    order = list(ALLOWED)
    for room, below in ALLOWED.items():
        assert all(order.index(other) < order.index(room) for other in below), room


def test_modules_import_each_other_in_no_circle() -> None:
    """Within a room, too; imports inside functions count."""
    names = {".".join(["grader", *path.relative_to(GRADER).with_suffix("").parts]): path for path in MODULES}
    known = {name.removesuffix(".__init__"): path for name, path in names.items()}
    needs = {
        name: {_owner(found, known) for found in _imports(path)} - {name, ""} for name, path in known.items()
    }
    while needs:
        free = [name for name, others in needs.items() if not others & needs.keys()]
        assert free, f"a circle among {sorted(needs)}"
        for name in free:
            del needs[name]


def _owner(name: str, known: dict[str, Path]) -> str:
    """The module that an import reaches: `grader.kata.catalogue` for `grader.kata.catalogue.Day`; "" when it is not ours."""
    parts = name.split(".")
    candidates = (".".join(parts[:length]) for length in range(len(parts), 1, -1))
    return next((one for one in candidates if one in known and one != "grader"), "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["hint", "day01.softmax"],
        [],
        ["list", "mean"],
        ["solution", "day01.softmax"],
        ["export"],
        ["day99"],
        ["--version"],
        ["start", "README.md"],
        ["update", "--dry-run"],
    ],
    ids=[
        "help",
        "hint",
        "overview",
        "list",
        "closed solution",
        "export",
        "unknown",
        "version",
        "start",
        "update",
    ],
)
def test_what_must_answer_at_once_imports_neither_jax_nor_rich(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from grader.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'jax', 'matplotlib', 'numpy', 'rich', 'pytest', 'multiprocessing'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=GRADER.parent, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
