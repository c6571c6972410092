"""What is judged of a cell: the cell, below what it uses of texts that ran before it. Read by syntax."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.notebook_files.magics import python_in
from grader.source.blocks import parsed
from grader.source.completions import completed
from grader.source.learner_file import LearnerFile
from grader.source.scopes import Names
from grader.source.syntax import Definition, Function, lines_of, parse, split_lines

_NOWHERE = Path("cell.py")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that ran before. What is kept without it need not be kept with the cell, too."""

    text: str
    of_all: bool = False  # whether it stands in the kept file for all exercises
    not_copied: frozenset[str] = frozenset()  # names whose definitions stand in the kept file by themselves


@dataclass(frozen=True, slots=True)
class Judged:
    """A cell with what it uses."""

    above: str  # the parts of earlier texts
    kept: str  # those of them that have to be kept with the cell
    cell: str

    @property
    def text(self) -> str:
        return self.above + self.cell


def as_python(text: str) -> str:
    """A text without the lines that only IPython understands (`%time f(x)`, `!ls`, `f?`); the others keep their numbers."""
    try:
        parse(text)
    except SyntaxError:
        return python_in(text).text
    return text


def defined_in(text: str) -> list[str]:
    """The names that a text defines or assigns at its top level, in their order; of broken blocks what they seem to define."""
    file = parsed(text)
    found = [(line, name) for line, name in _bound(file.tree)]
    found += [(block.lines.start, name) for block in file.broken for name in block.names]
    return list(dict.fromkeys(name for _, name in sorted(found)))


def _bound(tree: ast.Module) -> list[tuple[int, str]]:
    found = []
    for node in tree.body:
        if isinstance(node, Definition):
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            stored = (one for one in ast.walk(node) if isinstance(one, ast.Name))
            found += [(node.lineno, one.id) for one in stored if isinstance(one.ctx, ast.Store)]
    return found


def is_an_answer(text: str, name: str) -> bool:
    """Whether a text defines an exercise, and has more of it than its stub."""
    file = parsed(text)
    broken = any(name in block.names for block in file.broken)
    there = name in (known for _, known in _bound(file.tree))
    return there and not broken and not LearnerFile(_NOWHERE, tree=file.tree).is_stub(name)


def put_together(cell: str, earlier: Sequence[Text]) -> Judged:
    """A cell below what it uses of earlier texts, what that uses in turn, and so on; a later text replaces an earlier one."""
    lines: list[str] = []
    body: list[ast.stmt] = []
    owners: list[Text] = []  # for each line
    for one in earlier:
        part = parsed(one.text)
        body += [ast.increment_lineno(node, len(lines)) for node in _copied(one.text)]
        lines += [f"{line.rstrip(chr(13) + chr(10))}\n" for line in part.lines]
        owners += [one] * len(part.lines)
    last = [ast.increment_lineno(node, len(lines)) for node in _copied(cell)]
    wanted = _needed(ast.Module([*body, *last], []), last)
    above: list[slice] = []
    kept: list[slice] = []
    for node in body:
        if not any(node.lineno <= line <= (node.end_lineno or node.lineno) for line in wanted):
            continue
        where = lines_of(node, lines)
        if above and where.start < above[-1].stop:  # on the same line as the one before
            continue
        above.append(where)
        owner = owners[node.lineno - 1]
        if not owner.of_all and not owner.not_copied & _names_bound(node):
            kept.append(where)
    return Judged(_text(lines, above), _text(lines, kept), cell)


def _copied(text: str) -> list[ast.stmt]:
    """The statements of a text, for us alone: what `parsed` gives is everybody's."""
    try:
        return parse(parsed(text).text).body
    except SyntaxError:  # there is nothing that could be read
        return []


def _needed(tree: ast.Module, last: Sequence[ast.stmt]) -> set[int]:
    """The lines of the statements that the last ones need to have run before them, and of those that complete these."""
    names = Names(tree)
    own = {id(statement) for statement in last}
    completing = {
        id(statement): (statement, made)
        for statement in tree.body
        if id(statement) not in own and (made := _made_above(names, statement))
    }
    found: dict[int, ast.stmt] = {}
    waiting = [*last]
    while waiting:
        statement = waiting.pop()
        needs = [one for name in names.read_from_top(statement) for one in names.bound_at_top(name)]
        needs += [
            one for name in _read_at_once(names, statement) for one in _last_above(names, name, statement)
        ]
        new = {id(one): one for one in needs if id(one) not in own | found.keys()}
        found |= new
        waiting += new.values()
        if not waiting:
            new = {
                id(one): one
                for one, made in completing.values()
                if id(one) not in found and any(id(helper) in found for helper in made)
            }
            found |= new
            waiting += new.values()
    return {statement.lineno for statement in found.values()}


def _made_above(names: Names, statement: ast.stmt) -> list[ast.stmt]:
    """The statements that made what another one completes. What is imported is of others, and complete."""
    made = [one for name in completed(statement) for one in _last_above(names, name, statement)]
    return [one for one in made if not isinstance(one, ast.Import | ast.ImportFrom)]


def _last_above(names: Names, name: str, statement: ast.stmt) -> list[ast.stmt]:
    """The last statement above another one that binds a name: what `f = jit(f)` reads, and what a decorator is there."""
    return [one for one in names.binds_at_top(name) if one.lineno < statement.lineno][-1:]


def _read_at_once(names: Names, statement: ast.stmt) -> set[str]:
    """The names that a statement reads when it runs; the body of a function runs later."""
    parts: list[ast.AST] = []
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function):
            parts += [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        elif isinstance(node, ast.ClassDef):
            parts += [*node.decorator_list, *node.bases, *node.keywords]
            waiting += node.body
        else:
            parts.append(node)
    return {name for part in parts for name in names.read_from_top(part)}


def _names_bound(node: ast.stmt) -> set[str]:
    return {name for _, name in _bound(ast.Module([node], []))}


def _text(lines: Sequence[str], parts: Sequence[slice]) -> str:
    return "".join(f"{''.join(lines[part])}\n" for part in parts)


def lines_in(text: str) -> int:
    """So many lines a text has, as Python counts them."""
    return len(split_lines(text))
