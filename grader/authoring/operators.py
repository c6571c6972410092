"""Operators of mutation that know JAX: each changes one place of a function as somebody might who errs there.

An operator takes a node of the syntax tree and gives what may stand in its place, with a word on what changed. It may give
nonsense: what does not run is caught at once, and costs nothing. It must not give what cannot differ.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

Change = tuple[str, ast.AST]  # what was done, and the node that takes the old one's place
Operator = Callable[[ast.AST], Iterator[Change]]

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
# Functions that people take for one another; the last name of a dotted one.
NEIGHBOURS = {
    "sum": ("mean", "prod"),
    "mean": ("sum", "median"),
    "max": ("min", "mean"),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "any": ("all",),
    "all": ("any",),
    "std": ("var",),
    "var": ("std",),
    "cumsum": ("cumprod",),
    "sin": ("cos",),
    "cos": ("sin",),
    "tanh": ("sin",),
    "floor": ("round", "ceil"),
    "round": ("floor",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "normal": ("uniform",),
    "uniform": ("normal",),
    "stack": ("concatenate",),
    "isnan": ("isinf",),
    "isfinite": ("isnan",),
    "set": ("add",),
    "add": ("set",),
    "jvp": ("vjp",),
    "psum": ("pmean", "pmax"),
    "pmean": ("psum",),
    "all_gather": ("psum",),
    "grad": ("value_and_grad",),
    "segment_sum": ("segment_max",),
    "categorical": ("bernoulli",),
}
REDUCTIONS = {
    "sum",
    "mean",
    "max",
    "min",
    "any",
    "all",
    "std",
    "var",
    "argmax",
    "argmin",
    "cumsum",
    "prod",
    "sort",
    "argsort",
}
COUNTING = {"sum", "arange", "cumsum"}
# Calls that can be left out: what they are given goes on as it was.
GUARDS = {
    "maximum",
    "minimum",
    "clip",
    "abs",
    "sqrt",
    "square",
    "exp",
    "log",
    "log1p",
    "expm1",
    "astype",
    "stop_gradient",
    "asarray",
}
GUARDS |= {
    "nan_to_num",
    "floor",
    "reshape",
    "ravel",
    "transpose",
    "checkpoint",
    "block_until_ready",
    "flip",
    "sort",
    "cumsum",
}
COMMUTATIVE = {"maximum", "minimum", "logical_and", "logical_or", "dot", "vdot", "gcd", "hypot"}
KEYED = {
    "normal",
    "uniform",
    "bernoulli",
    "randint",
    "categorical",
    "permutation",
    "gumbel",
    "rademacher",
    "choice",
    "exponential",
}


def last_name(function: ast.expr) -> str:
    """`sum` of `jnp.sum`, `x.sum` and `sum`."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


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


def other_keyword(node: ast.AST) -> Iterator[Change]:
    """One keyword less; an axis that is another one."""
    if not isinstance(node, ast.Call):
        return
    for place, keyword in enumerate(node.keywords):
        less = copy.deepcopy(node)
        del less.keywords[place]
        yield f"without {keyword.arg}", less
        if keyword.arg and "axis" in keyword.arg:
            for text in ("0", "1", "-1", "None"):
                if ast.unparse(keyword.value) != text:
                    changed = copy.deepcopy(node)
                    changed.keywords[place].value = ast.parse(text, mode="eval").body
                    yield "axis", changed
    if (
        last_name(node.func) in REDUCTIONS
        and not any(k.arg == "axis" for k in node.keywords)
        and len(node.args) < 2
    ):
        changed = copy.deepcopy(node)
        changed.keywords.append(ast.keyword("axis", ast.Constant(0)))
        yield "axis", changed


def other_function(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    name = last_name(node.func)
    for neighbour in NEIGHBOURS.get(name, ()):
        changed = copy.deepcopy(node)
        if isinstance(changed.func, ast.Attribute):
            changed.func.attr = neighbour
        elif isinstance(changed.func, ast.Name):
            changed.func.id = neighbour
        yield "neighbour", changed
    if name in GUARDS:
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        is_method = inner is not None and ast.unparse(inner) not in (
            "jnp",
            "jax",
            "lax",
            "jax.lax",
            "np",
            "math",
            "jax.nn",
        )
        if is_method and inner is not None:
            yield f"without {name}", inner
        else:
            for argument in node.args[:2]:
                yield f"without {name}", argument
    if name in ("std", "var"):
        changed = copy.deepcopy(node)
        changed.keywords.append(ast.keyword("ddof", ast.Constant(1)))
        yield "ddof", changed
    if name in COUNTING:
        changed = copy.deepcopy(node)
        changed.keywords = [k for k in changed.keywords if k.arg != "dtype"]
        changed.keywords.append(ast.keyword("dtype", ast.parse("jnp.float16", mode="eval").body))
        yield "counted in float16", changed


def other_arguments(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    name = last_name(node.func)
    for place in range(len(node.args) - 1):
        first, second = node.args[place], node.args[place + 1]
        if isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
            continue
        if name in COMMUTATIVE or (name in ("where", "clip") and place == 0):
            continue
        changed = copy.deepcopy(node)
        changed.args[place], changed.args[place + 1] = changed.args[place + 1], changed.args[place]
        yield "branches swapped" if name == "where" else "arguments swapped", changed
    if name == "where" and len(node.args) == 3:
        yield "one branch alone", node.args[1]
        yield "one branch alone", node.args[2]
    if name in ("cond", "switch") and len(node.args) >= 3:
        changed = copy.deepcopy(node)
        changed.args[2] = changed.args[1]
        yield "one branch alone", changed
    if name == "chain":
        for place in range(len(node.args)):
            changed = copy.deepcopy(node)
            del changed.args[place]
            yield "link left out", changed


def other_chance(node: ast.AST) -> Iterator[Change]:
    """Keys used twice: what split or fold_in would have made new stays as it was."""
    if not isinstance(node, ast.Call):
        return
    name = last_name(node.func)
    if name == "fold_in":
        yield "key not folded", node.args[0]
    if name == "split":
        copies = f"jnp.stack([{ast.unparse(node.args[0])}] * "
        count = ast.unparse(node.args[1]) if len(node.args) > 1 else "2"
        yield "key not split", ast.parse(f"{copies}({count}))", mode="eval").body
    if name in KEYED and node.args:
        changed = copy.deepcopy(node)
        changed.args[0] = ast.parse("jax.random.key(0)", mode="eval").body
        yield "a key of its own", changed


def other_loop(node: ast.AST) -> Iterator[Change]:
    """Loops written out in Python, run the other way, or cut short; maps as Python loops."""
    if not isinstance(node, ast.Call):
        return
    name, dotted = last_name(node.func), ast.unparse(node.func)
    if dotted in (
        "lax.scan",
        "jax.lax.scan",
        "lax.fori_loop",
        "jax.lax.fori_loop",
        "lax.map",
        "jax.lax.map",
        "jax.vmap",
    ):
        yield "loop written out", ast.Call(ast.Name(f"_python_{name}", ast.Load()), node.args, node.keywords)
    if dotted in ("lax.scan", "jax.lax.scan") and not any(k.arg == "reverse" for k in node.keywords):
        changed = copy.deepcopy(node)
        changed.keywords.append(ast.keyword("reverse", ast.Constant(True)))
        yield "run backwards", changed
    if dotted in ("lax.while_loop", "jax.lax.while_loop"):
        yield "at most 40 rounds", ast.Call(ast.Name("_bounded_while", ast.Load()), node.args, node.keywords)
    if dotted in ("lax.fori_loop", "jax.lax.fori_loop"):
        changed = copy.deepcopy(node)
        changed.args[1] = ast.parse(f"jnp.minimum({ast.unparse(node.args[1])}, 40)", mode="eval").body
        yield "at most 40 rounds", changed


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


OPERATORS: tuple[Operator, ...] = (
    other_order,
    other_arithmetic,
    other_constant,
    other_flag,
    other_keyword,
    other_function,
    other_arguments,
    other_chance,
    other_loop,
    other_index,
    other_gradient,
    other_statement,
    other_choice,
)
