"""Operators that change what is no call: arithmetic, comparisons, constants, indices, what has a gradient, statements."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from grader.authoring.change import Change

ORDER = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.GtE,
    ast.NotEq: ast.Gt,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def other_order(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for place, sign in enumerate(node.ops):
            if type(sign) in ORDER:
                changed = copy.deepcopy(node)
                changed.ops[place] = ORDER[type(sign)]()
                yield "comparison", changed


def other_arithmetic(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.BinOp):
        return
    if type(node.op) in ARITHMETIC:
        yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    if isinstance(node.op, ast.MatMult | ast.Sub | ast.Div):
        yield "operands swapped", ast.BinOp(node.right, node.op, node.left)
    if isinstance(node.op, ast.MatMult):
        yield "transposed", ast.BinOp(ast.Attribute(node.left, "T", ast.Load()), node.op, node.right)
        yield "rounded to bfloat16", _wrapped("_narrow", node)
    if isinstance(node.op, ast.Pow):
        yield "power", ast.BinOp(node.left, node.op, ast.Constant(1))
    if isinstance(node.op, ast.Add | ast.Sub):
        yield "term left out", node.left
    if isinstance(node.op, ast.Mult | ast.Div):
        yield "factor left out", node.left
    if isinstance(node.op, ast.Mult | ast.BitAnd):
        yield "factor left out", node.right


def other_constant(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return
    if isinstance(node.value, int):
        yield "one more", ast.Constant(node.value + 1)
        yield (
            "one less",
            ast.UnaryOp(ast.USub(), ast.Constant(1)) if node.value == 0 else ast.Constant(node.value - 1),
        )
        if node.value > 2:
            yield "half", ast.Constant(node.value // 2)
    elif isinstance(node.value, float):
        yield "some per cent more", ast.Constant(node.value * 1.03)
        yield "zero", ast.Constant(0.0)
        if node.value < 1e-2:
            yield "a hundred times", ast.Constant(node.value * 100)


def other_flag(node: ast.AST) -> Iterator[Change]:
    if (
        isinstance(node, ast.keyword)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, bool)
    ):
        yield "flag", ast.keyword(node.arg, ast.Constant(not node.value.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert | ast.Not | ast.USub):
        yield "sign", node.operand
    if isinstance(node, ast.BoolOp):
        yield "and for or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield "condition left out", node.values[0]
        yield "condition left out", node.values[-1]


def other_index(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return
    index = node.slice
    if isinstance(index, ast.Slice):
        for side in ("lower", "upper"):
            bound = getattr(index, side)
            if bound is not None:
                changed = copy.deepcopy(node)
                setattr(changed.slice, side, ast.BinOp(bound, ast.Add(), ast.Constant(1)))
                yield "bound", changed
    elif isinstance(index, ast.Tuple) and len(index.elts) == 2:
        changed = copy.deepcopy(node)
        changed.slice = ast.Tuple([index.elts[1], index.elts[0]], ast.Load())
        yield "indices swapped", changed
    elif isinstance(index, ast.Constant | ast.UnaryOp):
        changed = copy.deepcopy(node)
        changed.slice = ast.Constant(0) if ast.unparse(index) != "0" else ast.parse("-1", mode="eval").body
        yield "other end", changed


def other_gradient(node: ast.AST) -> Iterator[Change]:
    """stop_gradient where it does not belong: around a factor, a term or a call of mathematics."""
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.Mult | ast.Div | ast.Add | ast.Sub | ast.MatMult
    ):
        for side in ("left", "right"):
            if not isinstance(getattr(node, side), ast.Constant):
                changed = copy.deepcopy(node)
                setattr(changed, side, _wrapped("jax.lax.stop_gradient", getattr(node, side)))
                yield "gradient stopped", changed


def other_statement(node: ast.AST) -> Iterator[Change]:
    """A statement that changes what is there already is left out; a branch is always or never taken."""
    if isinstance(node, ast.AugAssign):
        yield "statement left out", ast.Pass()
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node.value)):
            yield "statement left out", ast.Pass()
    if isinstance(node, ast.If) and not any(isinstance(inner, ast.Raise) for inner in node.body):
        yield "never so", ast.If(ast.Constant(False), node.body, node.orelse)
        yield "always so", ast.If(ast.Constant(True), node.body, node.orelse)
    if isinstance(node, ast.If) and any(isinstance(inner, ast.Raise) for inner in node.body):
        yield "no error", ast.If(ast.Constant(False), node.body, node.orelse)
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
        yield "results swapped", ast.Return(ast.Tuple([node.value.elts[1], node.value.elts[0]], ast.Load()))


def other_choice(node: ast.AST) -> Iterator[Change]:
    """The other side of a Python choice; a call of no effect on most inputs taken out."""
    if isinstance(node, ast.IfExp):
        yield "one branch alone", node.body
        yield "one branch alone", node.orelse
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "not transposed", node.value
    if isinstance(node, ast.Attribute) and ast.unparse(node) in ("jnp.float32", "jnp.int32"):
        yield (
            "narrower",
            ast.Attribute(node.value, "float16" if node.attr == "float32" else "int8", ast.Load()),
        )


def _wrapped(function: str, value: ast.AST) -> ast.expr:
    assert isinstance(value, ast.expr)
    return ast.Call(ast.parse(function, mode="eval").body, [value], [])
