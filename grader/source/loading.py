"""Load a learner's file so that one mistake costs one exercise, not the whole day.

A syntax error is confined to the top-level block that holds it. Top-level statements run one by one;
one that raises is noted and the next ones run all the same.
"""

from __future__ import annotations

import ast
import difflib
import linecache
import re
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from grader.cells import Cell
from grader.findings import Finding, Kind, of_error, words_of
from grader.results import Problem
from grader.source.blocks import Broken, Parsed, parsed
from grader.source.learner_file import MODULE_NAME, LearnerFile
from grader.source.syntax import Definition, split_lines

_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7}|={7})(?:\s|$)")  # at the left margin


def load(
    path: Path,
    *,
    text: str | None = None,
    before_statement: Callable[[int], None] = lambda line: None,
    skip_lines: Collection[int] = (),
    cell: Cell | None = None,
) -> LearnerFile:
    """Load a learner's file by path, under a private module name; with a text, that in the place of what the file holds.

    `before_statement` hears the line of each top-level statement that could do anything (all but
    definitions and imports of ours), so that a process that dies there can be explained. Statements on
    `skip_lines` are left out: they ended an earlier process. `cell` says where the text is a notebook's.
    """
    loaded = LearnerFile(path, cell=cell)
    loaded.module.__file__ = str(path)
    source = _read(loaded, text)
    if source is None:
        return loaded
    loaded.source = source
    # Tracebacks and inspect.getsource read from here, also when the file changes under us.
    linecache.cache[str(path)] = (len(source), None, split_lines(source), str(path))
    sys.modules[MODULE_NAME] = loaded.module
    loaded.tree = _parse(loaded, source)
    for statement in loaded.tree.body:
        _run(loaded, statement, before_statement, skip_lines)
    return loaded


def _read(loaded: LearnerFile, text: str | None) -> str | None:
    path = loaded.path
    if text is None and not path.is_file():
        words = f"There is no file {path.parent.name}/{path.name}."
        loaded.problems.append(_unreadable(words, loaded.reset_hint()))
        return None
    try:
        source = path.read_text(encoding="utf-8-sig") if text is None else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = len(split_lines(f"{error.object[: error.start].decode('latin-1')}."))
        byte = error.object[error.start]
        loaded.problems.append(
            _unreadable(
                f"{loaded.name_first} is not UTF-8 text: byte 0x{byte:02x} on {loaded.where(line)} cannot be read.",
                "Save the file in your editor with the encoding UTF-8.",
                line,
            )
        )
        return None
    except OSError as error:
        loaded.problems.append(
            _unreadable(f"{path.name} cannot be read: {error.strerror}.", "Look at its permissions.")
        )
        return None
    if "\0" in source:
        line = len(split_lines(source[: source.index("\0") + 1]))
        loaded.problems.append(
            _unreadable(f"{loaded.name_first} holds a NUL byte on {loaded.where(line)}.", "Remove it.", line)
        )
        return None
    if not source.strip():
        loaded.problems.append(_unreadable(f"{loaded.name_first} is empty.", loaded.reset_hint()))
    return source


def _unreadable(words: str, hint: str = "", line: int | None = None) -> Problem:
    return Problem(Finding(words, Kind.UNREADABLE, line=line), hint)


def _parse(loaded: LearnerFile, source: str) -> ast.Module:
    """The syntax tree of all blocks that parse; the others are noted."""
    file = parsed(source, str(loaded.path))
    in_conflict = [block for block in file.broken if _marks(file.lines, block)]
    if in_conflict:
        problem = _conflict(loaded, file, in_conflict)
        loaded.broken.update({name: problem for block in in_conflict for name in block.names})
        loaded.problems.append(problem)
    for block in file.broken:
        if block in in_conflict:
            continue
        line = block.error.lineno or block.lines.start + 1
        finding = Finding(
            f"SyntaxError on {loaded.where_in_it(line)}: {block.error.msg}",
            Kind.UNREADABLE,
            **of_error(block.error),
            line=line,
            source=file.lines[line - 1].rstrip("\r\n") if line <= len(file.lines) else "",
            column=max(block.error.offset or 1, 1),
        )
        hint = f"Python cannot read this block. The rest of {loaded.whole} is graded all the same."
        problem = Problem(finding, hint)
        loaded.broken.update(dict.fromkeys(block.names, problem))
        loaded.problems.append(problem)
    return file.tree


def _marks(lines: Sequence[str], block: Broken) -> list[int]:
    """The numbers of the lines of a broken block that git has left where two versions were in conflict.

    A line of equal signs alone may be anything; between the others, or where Python stumbles, it is git's.
    """
    found = [n for n in range(block.lines.start, block.lines.stop) if _CONFLICT.match(lines[n])]
    sure = any(lines[n][0] != "=" or n + 1 == block.error.lineno for n in found)
    return [n + 1 for n in found] if sure else []


def _conflict(loaded: LearnerFile, file: Parsed, blocks: Sequence[Broken]) -> Problem:
    first, *others = (line for block in blocks for line in _marks(file.lines, block))
    numbers = [loaded.cell.line_of(line) or line if loaded.cell else line for line in (first, *others)]
    where = (
        f"Line {numbers[0]}" if not others else f"Lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    )
    finding = Finding(
        f"{where} of {loaded.name} {'are' if others else 'is'} no Python: git has put {'them' if others else 'it'} there, "
        "around two versions that were in conflict.",
        Kind.UNREADABLE,
        **of_error(blocks[0].error),
        line=first,
        source=file.lines[first - 1].rstrip("\r\n"),
    )
    hint = "Keep one of the two versions, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>."
    return Problem(finding, hint)


def _run(
    loaded: LearnerFile,
    statement: ast.stmt,
    before_statement: Callable[[int], None],
    skip_lines: Collection[int],
) -> None:
    line = statement.lineno
    if isinstance(statement, Definition):
        loaded.lines[statement.name] = line
    if line in skip_lines:
        words = (
            f"{_capital(loaded.where_in_it(line))} ended or blocked the grading process while it was loaded."
        )
        hint = "Keep the top level to imports and definitions; move anything else into a function."
        problem = Problem(Finding(words, Kind.NOT_LOADED, line=line), hint)
        loaded.problems.append(problem)
        loaded.missing_names.update(dict.fromkeys(_bound_names(statement), problem))
        return
    before_statement(line)
    try:
        code = compile(ast.Module([statement], []), str(loaded.path), "exec", dont_inherit=True)
        exec(code, loaded.module.__dict__)
    except BaseException as error:
        problem = _statement_failed(loaded, statement, error)
        loaded.problems.append(problem)
        loaded.missing_names.update(dict.fromkeys(_bound_names(statement), problem))


def _statement_failed(loaded: LearnerFile, statement: ast.stmt, error: BaseException) -> Problem:
    line = statement.lineno
    lines = split_lines(loaded.source)
    shown = lines[line - 1].strip() if line <= len(lines) else ""
    name, text = type(error).__name__, words_of(error)
    hint = f"The other statements of {loaded.whole} ran all the same; repair this one."
    if isinstance(error, ModuleNotFoundError) and error.name:
        near = difflib.get_close_matches(
            error.name, ["jax", "jax.numpy", "numpy", "jaxtyping", "optax", "flax"], n=1
        )
        hint = (
            f"Did you mean `{near[0]}`?" if near else f"Is `{error.name}` installed, and spelled like this?"
        )
    elif isinstance(error, SystemExit):
        hint = "A file of exercises is imported, not run: take the call to exit out of the top level."
    finding = Finding(
        f"{_capital(loaded.where_in_it(line))} failed while it was loaded:",
        Kind.NOT_LOADED,
        **of_error(error),
        cause=f"{name}: {text}" if text else name,
        line=line,
        source=shown,
    )
    return Problem(finding, hint)


def _capital(words: str) -> str:
    """The words at the beginning of a sentence."""
    return words[0].upper() + words[1:]


def _bound_names(statement: ast.stmt) -> list[str]:
    """The names that a statement would have bound."""
    if isinstance(statement, Definition):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
