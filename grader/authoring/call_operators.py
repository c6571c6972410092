"""Operators that change a call: its function, its arguments and axes, its keys, how its loop runs."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from grader.authoring.change import Change

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
