"""What the toolkit offers to a check: each name with its signature and its first line, read by syntax, without JAX."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.kata.catalogue import GRADER, TOOLKIT
from grader.source.syntax import Definition, Function


@dataclass(frozen=True, slots=True)
class Offer:
    """One name of the toolkit's front. `head` is how it is called; `text` its whole docstring."""

    name: str
    head: str
    text: str
    methods: tuple[Offer, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.text.partition("\n")[0]


def offers() -> list[Offer]:
    """All that checks may import from `grader.toolkit`, in the order of the alphabet."""
    front = ast.parse((TOOLKIT / "__init__.py").read_text(encoding="utf-8"))
    homes = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in front.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("grader.")
        for alias in node.names
    }
    own = {node.name: node for node in front.body if isinstance(node, Definition)}
    found = []
    for name in sorted(_exported(front), key=str.casefold):
        module, original = homes.get(name, ("", name))
        node = own.get(name) or _definition(module, original)
        found.append(_offer(node) if node else Offer(name, name, _comment(module, original)))
    return found


def _exported(front: ast.Module) -> list[str]:
    for node in front.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise ValueError("the toolkit's front has no __all__")


def _file_of(module: str) -> Path:
    return GRADER.parent.joinpath(*module.split(".")).with_suffix(".py")


def _definition(module: str, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    body = ast.parse(_file_of(module).read_text(encoding="utf-8")).body if module else []
    return next((node for node in body if isinstance(node, Definition) and node.name == name), None)


def _comment(module: str, name: str) -> str:
    """The line on which a constant is set."""
    lines = _file_of(module).read_text(encoding="utf-8").splitlines() if module else []
    return next((line for line in lines if line.startswith((f"{name} =", f"{name}:"))), "")


def _offer(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Offer:
    text = ast.get_docstring(node) or ""
    if isinstance(node, Function):
        return Offer(node.name, f"{node.name}({_arguments(node)})", text)
    return Offer(node.name, node.name, text, tuple(_methods(node)))


def _methods(node: ast.ClassDef) -> Iterator[Offer]:
    for part in node.body:
        if isinstance(part, Function) and not part.name.startswith("_") and ast.get_docstring(part):
            yield _offer(part)


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The parameters without `self`, as they are written, their annotations included."""
    text = ast.unparse(function.args)
    return text.removeprefix("self, ").removeprefix("self")
