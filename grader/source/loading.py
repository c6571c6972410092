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
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from grader.findings import Finding, Kind, of_error, words_of
from grader.results import Problem
from grader.source.blocks import Broken, Parsed, parsed
from grader.source.syntax import Definition, Function, functions_in, split_lines

_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7}|={7})(?:\s|$)")  # at the left margin
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
                functions = functions_in(node)
                return bool(functions) and all(_is_stub(function) for function in functions)
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
                f"There is no {kind} {name} in {self.path.name}. `{near[0]}` on line {line} looks like it."
            )
            return Problem(
                Finding(words, Kind.ABSENT, line=line),
                f"Call it {name} again: the names are a contract between your file and the checks.",
            )
        if name in self.lines:  # defined, and yet nothing: what its decorators made of it
            return Problem(
                Finding(f"{name} in {self.path.name} is None.", Kind.ABSENT, line=self.lines[name]),
                "A decorator has to return what it decorates.",
            )
        return Problem(
            Finding(f"There is no {kind} {name} in {self.path.name}.", Kind.ABSENT),
            f"`python -m grader reset {self.path.parent.name[:5]}.{name}` brings its stub back.",
        )


def _is_jit(function: ast.expr) -> bool:
    """jit, jax.jit."""
    return (
        isinstance(function, ast.Name | ast.Attribute) and ast.unparse(function).rpartition(".")[2] == "jit"
    )


def _is_stub(function: Function) -> bool:
    last = function.body[-1]
    rest = [statement for statement in function.body[:-1] if not isinstance(statement, ast.Expr)]
    return not rest and isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)


def load(
    path: Path,
    *,
    text: str | None = None,
    before_statement: Callable[[int], None] = lambda line: None,
    skip_lines: Collection[int] = (),
) -> LearnerFile:
    """Load a learner's file by path, under a private module name; with a text, that in the place of what the file holds.

    `before_statement` hears the line of each top-level statement that could do anything (all but
    definitions and imports of ours), so that a process that dies there can be explained. Statements on
    `skip_lines` are left out: they ended an earlier process.
    """
    loaded = LearnerFile(path)
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
        hint = f"`python -m grader reset {path.parent.name[:5]}` writes its stubs anew."
        loaded.problems.append(_unreadable(f"There is no file {path.parent.name}/{path.name}.", hint))
        return None
    try:
        source = path.read_text(encoding="utf-8-sig") if text is None else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = len(split_lines(f"{error.object[: error.start].decode('latin-1')}."))
        byte = error.object[error.start]
        loaded.problems.append(
            _unreadable(
                f"{path.name} is not UTF-8 text: byte 0x{byte:02x} on line {line} cannot be read.",
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
            _unreadable(f"{path.name} holds a NUL byte on line {line}.", "Remove it.", line)
        )
        return None
    if not source.strip():
        hint = f"`python -m grader reset {path.parent.name[:5]}` writes its stubs anew."
        loaded.problems.append(_unreadable(f"{path.name} is empty.", hint))
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
            f"SyntaxError on line {line} of {loaded.path.name}: {block.error.msg}",
            Kind.UNREADABLE,
            **of_error(block.error),
            line=line,
            source=file.lines[line - 1].rstrip("\r\n") if line <= len(file.lines) else "",
            column=max(block.error.offset or 1, 1),
        )
        hint = "Python cannot read this block. The rest of the file is graded all the same."
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
    where = (
        f"Line {first}"
        if not others
        else f"Lines {', '.join(map(str, [first, *others[:-1]]))} and {others[-1]}"
    )
    finding = Finding(
        f"{where} of {loaded.path.name} {'are' if others else 'is'} no Python: git has put {'them' if others else 'it'} there, "
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
        words = f"Line {line} of {loaded.path.name} ended or blocked the grading process while the file was loaded."
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
    hint = "The other statements of the file ran all the same; repair this one."
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
        f"Line {line} of {loaded.path.name} failed while the file was loaded:",
        Kind.NOT_LOADED,
        **of_error(error),
        cause=f"{name}: {text}" if text else name,
        line=line,
        source=shown,
    )
    return Problem(finding, hint)


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
