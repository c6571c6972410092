"""No code of the grader reads meaning out of its own words: what findings say is passed on and shown, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

GRADER = Path(__file__).parent.parent / "grader"
MODULES = sorted(GRADER.rglob("*.py"))
WORDS = {
    "message",
    "complaint",
    "cause",
    "expected",
    "got",
    "hint",
    "head",
    "rest",
}  # of findings and verdicts
# What asks a text for something. Wrapping, joining and making printable only pass it on.
ASKS = {
    "count",
    "endswith",
    "find",
    "index",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rpartition",
    "rsplit",
    "split",
    "splitlines",
    "startswith",
}


def words_in(node: ast.AST) -> bool:
    """Whether an expression is, or takes a part of, what a finding says: `verdict.message`, `str(error)[:3]` is none."""
    chain = [inner for inner in _chain(node) if isinstance(inner, ast.Attribute)]
    whole = any(ast.unparse(inner).endswith("finding.text") for inner in chain)
    return whole or any(inner.attr in WORDS for inner in chain)


def _chain(node: ast.AST) -> Iterator[ast.AST]:
    """The expression and what it is taken from, through attributes, calls of its methods and indices."""
    while True:
        yield node
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return


def offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where words are compared, searched, taken apart or changed."""
    for node in ast.walk(tree):
        asked: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ASKS:
                asked = [node.func.value]
            elif isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
                asked = list(node.args)
        elif isinstance(node, ast.AugAssign):
            asked = [node.target]
        elif isinstance(node, ast.Match):
            asked = [node.subject]
        for one in asked:
            if words_in(one):
                yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(GRADER)))
def test_words_are_passed_on_and_shown_alone(path: Path) -> None:
    found = list(offences(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, f"{path.relative_to(GRADER)} asks words for their meaning: {found}"


@pytest.mark.parametrize(
    "code",
    [
        "'wrong kind' in error.message",
        "verdict.finding.complaint == 'is wrong'",
        "error.message.startswith('f')",
        "re.search('Tracer', error.message)",
        "check.message.partition('\\n')[0]",
        "verdict.message += 'with'",
        "wrong.message.strip().split()",
        "not finding.cause.lower().endswith('x')",
        "len(finding.got.splitlines())",
        "'with' in verdict.finding.text",
    ],
)
def test_such_code_is_found(code: str) -> None:
    assert list(offences(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "show(check.message)",
        "wrong.hint = hint or wrong.hint",
        "'x' in error.error_text",
        "lead.finding == other",
    ],
)
def test_other_code_is_not(code: str) -> None:
    assert not list(offences(ast.parse(code)))
