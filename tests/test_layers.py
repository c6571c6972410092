"""The flow goes one way: who may import whom, and what may be imported at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

GRADER = Path(__file__).parent.parent / "grader"
MODULES = sorted(GRADER.rglob("*.py"))

# module (or package, with all below it) -> what of ours it may import
ALLOWED = {
    "results": set(),
    "faults": set(),
    "stubs": set(),
    "sources": {"blocks"},
    "blocks": set(),
    "progress": set(),
    "compile_cache": set(),
    "record": {"catalogue", "progress", "protocol", "results", "sources"},
    "hints_file": set(),
    "excerpts": set(),
    "standing": {"catalogue", "progress"},
    "catalogue": set(),
    "protocol": {"results"},
    "learner_file": {"blocks", "results"},
    "workspace": {"catalogue", "stubs"},
    "doctor": {"catalogue", "compile_cache", "editor", "faults", "progress"},
    "probe": set(),
    "report": {"doctor", "report", "results", "standing"},
    "checks": {"checks", "faults", "results", "learner_file", "protocol", "stubs", "vision"},
    "output": set(),
    "worker": {"checks", "faults", "output", "results", "learner_file", "protocol"},
    "processes": {"faults", "protocol", "worker"},
    "lane": {"catalogue", "processes", "protocol", "results"},
    "editor": set(),
    "terminal": set(),
    "live": {"catalogue", "faults", "processes", "progress", "record", "results", "runner", "sources"},
    "happenings": {"live", "terminal"},
    "chooser": {"catalogue", "report"},
    "watch": {
        "catalogue",
        "chooser",
        "editor",
        "happenings",
        "hints_file",
        "live",
        "processes",
        "progress",
        "report",
        "results",
        "terminal",
        "workspace",
    },
    "runner": {"catalogue", "lane", "processes", "protocol", "results"},
    "vision": set(),
    "mnist": {"catalogue", "vision"},
    "mnist_fit": {"learner_file", "vision"},
    "commands": {
        "catalogue",
        "doctor",
        "excerpts",
        "hints_file",
        "mnist",
        "progress",
        "report",
        "standing",
        "workspace",
    },
    "cli": {
        "catalogue",
        "commands",
        "faults",
        "grading",
        "progress",
    },
    "grading": {
        "catalogue",
        "commands",
        "compile_cache",
        "processes",
        "progress",
        "record",
        "report",
        "results",
        "runner",
        "standing",
        "watch",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
OWNERS = {
    "rich": {"report"},
    "jax": {"checks", "mnist_fit", "probe", "worker"},
    "pytest": {"checks", "worker"},
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
            assert rest[0] in ALLOWED[part], f"{part} imports {name}"
        if first in OWNERS:
            assert part in OWNERS[first], f"{part} imports {name}"


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
