"""A learner's file as it was loaded: its namespace, what went wrong on the way, and what it calls itself in messages."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from grader.cells import Cell
from grader.findings import Finding, Kind
from grader.results import Problem
from grader.source.syntax import Definition, Function, is_stub

MODULE_NAME = "_kata_learner_file"


@dataclass
class LearnerFile:
    """A loaded file: its namespace, and what went wrong on the way."""

    path: Path
    source: str = ""
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []))  # of what parses
    module: ModuleType = field(default_factory=lambda: ModuleType(MODULE_NAME))
    problems: list[Problem] = field(default_factory=list)
    broken: dict[str, Problem] = field(default_factory=dict)  # exercise -> why its block does not parse
    missing_names: dict[str, Problem] = field(default_factory=dict)  # name -> why it was never bound
    lines: dict[str, int] = field(default_factory=dict)  # top-level name -> line of its definition
    cell: Cell | None = None  # where the text is a cell of a notebook with earlier ones above it

    @property
    def name(self) -> str:
        """What the file is called in messages."""
        return "the cell" if self.cell else self.path.name

    @property
    def name_first(self) -> str:
        """The same at the beginning of a sentence."""
        return "The cell" if self.cell else self.path.name

    @property
    def whole(self) -> str:
        """What its statements are parts of, in words."""
        return "the cell" if self.cell else "the file"

    def where(self, line: int) -> str:
        """`line 3`, as whoever wrote it counts."""
        return self.cell.in_words(line) if self.cell else f"line {line}"

    def where_in_it(self, line: int) -> str:
        """`line 3 of pure_functions.py`. A line of an earlier cell is not one of the cell."""
        earlier = self.cell is not None and self.cell.line_of(line) is None
        return self.where(line) if earlier else f"{self.where(line)} of {self.name}"

    def reset_hint(self, name: str = "") -> str:
        """How a stub is brought back, or all of a file's."""
        if self.cell:
            return f"The cell has to define {name or 'the exercise'}."
        day = self.path.parent.name[:5]
        return (
            f"`python -m grader reset {day}.{name}` brings its stub back."
            if name
            else f"`python -m grader reset {day}` writes its stubs anew."
        )

    @property
    def function_names(self) -> frozenset[str]:
        """The names of all functions that the file defines, inner ones and lambdas too, or hands to jit: `jit(jnp.sum)`."""
        nodes = list(ast.walk(self.tree))
        defined = (node.name for node in nodes if isinstance(node, Function))
        jitted = (
            node.args[0] for node in nodes if isinstance(node, ast.Call) and _is_jit(node.func) and node.args
        )
        handed = (
            part.attr for given in jitted for part in ast.walk(given) if isinstance(part, ast.Attribute)
        )
        return frozenset({"<lambda>", *defined, *handed})

    def is_stub(self, name: str) -> bool:
        """Whether the function is as it was generated: a docstring, then `raise NotImplementedError`.

        Of a class: whether all its methods are.
        """
        for node in reversed(self.tree.body):  # the last one counts
            if isinstance(node, Definition) and node.name == name:
                return is_stub(node)
        return False

    def absence(self, name: str, kind: str = "function") -> Problem:
        """Why there is no such function or class, in words for the learner."""
        if not self.source.strip() and self.problems:
            return self.problems[0]  # the file as a whole is not there
        if name in self.broken:
            return self.broken[name]
        if name in self.missing_names:
            return self.missing_names[name]
        near = difflib.get_close_matches(name, list(self.lines), n=1, cutoff=0.6)
        if near and near[0] != name:
            line = self.lines[near[0]]
            words = (
                f"There is no {kind} {name} in {self.name}. `{near[0]}` on {self.where(line)} looks like it."
            )
            return Problem(
                Finding(words, Kind.ABSENT, line=line),
                f"Call it {name} again: the names are a contract between your file and the checks.",
            )
        if name in self.lines:  # defined, and yet nothing: what its decorators made of it
            return Problem(
                Finding(f"{name} in {self.name} is None.", Kind.ABSENT, line=self.lines[name]),
                "A decorator has to return what it decorates.",
            )
        return Problem(
            Finding(f"There is no {kind} {name} in {self.name}.", Kind.ABSENT), self.reset_hint(name)
        )


def _is_jit(function: ast.expr) -> bool:
    """jit, jax.jit."""
    return (
        isinstance(function, ast.Name | ast.Attribute) and ast.unparse(function).rpartition(".")[2] == "jit"
    )
