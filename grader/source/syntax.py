"""What Python's syntax says of a text: its lines, its definitions with their decorators, their docstrings."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# A form feed takes Python's tokenizer back to the left margin.
_MARGIN = re.compile(r"(?:[ \t]*\f)*")
_HEAD = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")


def split_lines(text: str) -> list[str]:
    """The lines of a text with their ends, as Python counts them; `str.splitlines` ends some at form feeds and the like."""
    return _LINE.findall(text)


def line_end(line: str) -> str:
    """What ends a line; a line feed where nothing does."""
    return line[len(line.rstrip("\r\n")) :] or "\n"


def parse(text: str, name: str = "<text>") -> ast.Module:
    """The syntax tree of a text, which may begin with a byte order mark. Raises SyntaxError for all that is no Python.

    What Python warns of, such as an unknown escape, it says when the file is loaded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"), name)
    except (RecursionError, MemoryError) as error:
        raise SyntaxError("nested too deeply for Python to read") from error
    except ValueError as error:  # NUL characters, bytes that are no UTF-8
        raise SyntaxError(str(error)) from error


def at_margin(line: str) -> str:
    """The line, when its text begins at the left margin; else an empty text."""
    text = line[_MARGIN.match(line).end() :]  # type: ignore[union-attr]
    return "" if not text.strip() or text[0] in " \t#" else text


def says_nothing(line: str) -> bool:
    """Whether a line is blank or nothing but a comment."""
    return not line.strip() or line.lstrip(" \t\f").startswith("#")


def name_defined(line: str) -> str:
    """The name of the function or class that a line at the left margin begins to define; else an empty text."""
    head = _HEAD.match(at_margin(line))
    return head[1] if head else ""


def lines_of(node: ast.stmt, lines: Sequence[str]) -> slice:
    """Where a statement lies among the lines of its file, decorators included."""
    first = node.lineno
    for decorator in getattr(node, "decorator_list", [])[:1]:
        first = min(first, decorator.lineno)
        # In parentheses or after a backslash, the decorator's expression begins on a later line than its sign.
        while first > 1 and not at_sign(lines[first - 1]):
            first -= 1
    return slice(first - 1, node.end_lineno or node.lineno)


def at_sign(line: str) -> bool:
    """Whether a line begins with the sign of a decorator, indented or not."""
    return line.lstrip(" \t\f").startswith("@")


def functions_in(node: ast.stmt) -> list[Function]:
    """A function itself; of a class its methods, and those of the classes inside it."""
    if isinstance(node, ast.ClassDef):
        return [function for member in node.body for function in functions_in(member)]
    return [node] if isinstance(node, Function) else []


def is_stub(node: ast.stmt) -> bool:
    """Whether a function is as it was generated: a docstring, then `raise NotImplementedError`. Of a class: all its methods."""
    functions = functions_in(node)
    return bool(functions) and all(map(_raises_alone, functions))


def _raises_alone(function: Function) -> bool:
    last = function.body[-1]
    rest = [statement for statement in function.body[:-1] if not isinstance(statement, ast.Expr)]
    return not rest and isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)


def docstrings(node: Definition, lines: Sequence[str]) -> Iterator[tuple[Definition, ast.stmt]]:
    """A definition and those inside it, each with its docstring, where that has lines of its own."""
    for inner in ast.walk(node):
        if not isinstance(inner, Definition) or ast.get_docstring(inner, clean=False) is None:
            continue
        docstring, *rest = inner.body
        alone = lines[docstring.lineno - 1][: docstring.col_offset].isspace()
        if alone and not (rest and rest[0].lineno == docstring.end_lineno):
            yield inner, docstring


def branches_to_constants(tree: ast.Module, name: str) -> Iterator[int]:
    """The lines of the Python branches in a function of which one way gives a plain number: `return -1`, `x if c else 0`."""
    for node in tree.body:
        if not (isinstance(node, Function) and node.name == name):
            continue
        gives = any(isinstance(one, ast.Return) and _holds_constant(one.value) for one in ast.walk(node))
        for inner in ast.walk(node):
            if isinstance(inner, ast.If):
                ways = [one for part in (*inner.body, *inner.orelse) for one in ast.walk(part)]
                sets = any(isinstance(one, ast.Assign) and _holds_constant(one.value) for one in ways)
                if sets or (gives and any(isinstance(one, ast.Return) for one in ways)):
                    yield inner.lineno
            elif isinstance(inner, ast.IfExp) and (_is_constant(inner.body) or _is_constant(inner.orelse)):
                yield inner.lineno


def _holds_constant(value: ast.expr | None) -> bool:
    """Whether it is a plain number, or a tuple with one."""
    return any(map(_is_constant, value.elts)) if isinstance(value, ast.Tuple) else _is_constant(value)


def _is_constant(value: ast.expr | None) -> bool:
    inner = value.operand if isinstance(value, ast.UnaryOp) else value
    return isinstance(inner, ast.Constant) and isinstance(inner.value, bool | int | float)
