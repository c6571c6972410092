"""The flow goes one way: who may import whom, and what may be imported at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

GRADER = Path(__file__).parent.parent / "grader"
MODULES = sorted(GRADER.rglob("*.py"))

# The rooms and single modules, from the ground up -> what of ours each may import besides itself. An import goes down
# this list, never up.
ALLOWED = {
    "results": set(),
    "options": {"results"},
    "__init__": set(),
    "kata": set(),
    "source": {"results"},
    "record": {"kata", "results", "source"},
    "datasets": {"kata", "source"},
    "machine": {"kata", "record"},
    "toolkit": {"datasets", "kata", "machine", "results", "source"},
    "checks": {"datasets", "toolkit"},
    "worker": {"machine", "options", "results", "source", "toolkit"},
    "judge": {"kata", "options", "results", "worker"},
    "report": {"machine", "record", "results"},
    "watch": {"judge", "kata", "machine", "options", "record", "report", "results", "source"},
    "commands": {
        "datasets",
        "judge",
        "kata",
        "machine",
        "options",
        "record",
        "report",
        "results",
        "source",
        "watch",
    },
    "cli": {"commands", "kata", "machine", "record", "results"},
    "__main__": {"cli"},
}
# Who may import what is heavy: rooms, or single modules of them.
OWNERS = {
    "rich": {"report"},
    "jax": {"checks", "toolkit", "worker", "machine.probe", "datasets.mnist_fit"},
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
            assert rest[0] in ALLOWED[part] | {part}, f"{path.stem} in {part} imports {name}"
        if first in OWNERS:
            module = ".".join(path.relative_to(GRADER).with_suffix("").parts)
            assert {part, module} & OWNERS[first], f"{module} imports {name}"


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
    ],
    ids=["help", "hint", "overview", "list", "closed solution", "export", "unknown", "version"],
)
def test_what_must_answer_at_once_imports_neither_jax_nor_rich(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from grader.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'jax', 'numpy', 'rich', 'pytest', 'multiprocessing'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=GRADER.parent, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
