"""Mutants: a reference with one place changed, to ask how strong the checks are.

`mutants_of` makes them from a reference's text. Besides the operators, which change a place of the code, some change what
goes in or comes out: a value clipped, rounded, cleaned of NaN, a table transposed when it is square, a count that is capped.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.authoring.operators import OPERATORS
from grader.source.syntax import Definition

# What mutants call. It lies in the learner's file beside them.
HELPERS = '''
def _floats(change, tree):
    """Change the floating-point arrays of a tree, and nothing else."""
    def one(leaf):
        if hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating):
            return change(leaf).astype(leaf.dtype)
        return leaf
    return jax.tree.map(one, tree)


def _narrow(tree):
    return _floats(lambda x: x.astype(jnp.bfloat16), tree)


def _cleaned(tree):
    return _floats(jnp.nan_to_num, tree)


def _clipped(tree):
    return _floats(lambda x: jnp.clip(x, -50, 50), tree)


def _floored(tree):
    return _floats(lambda x: jnp.where(jnp.abs(x) < 1e-5, 0, x), tree)


def _a_little_more(tree):
    return _floats(lambda x: x * 1.001, tree)


def _stopped(tree):
    return _floats(jax.lax.stop_gradient, tree)


def _read(tree):
    """Look at a value in Python."""
    def look(x):
        if hasattr(x, "dtype") and x.size and not jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            float(x.ravel()[0])
        return x
    return jax.tree.map(look, tree)


def _turned(x):
    return x.T if x.ndim == 2 and x.shape[0] == x.shape[1] else x


def _python_scan(step, carry, xs=None, length=None, reverse=False, **options):
    if xs is not None and jax.tree.leaves(xs):
        length = len(jax.tree.leaves(xs)[0])
    rows = []
    for i in reversed(range(length)) if reverse else range(length):
        carry, row = step(carry, jax.tree.map(lambda leaf: leaf[i], xs))
        rows.append(row)
    if reverse:
        rows.reverse()
    return carry, jax.tree.map(lambda *leaves: jnp.stack(leaves), *rows)


def _python_fori_loop(lower, upper, body, value, **options):
    for i in range(int(lower), int(upper)):
        value = body(i, value)
    return value


def _python_map(function, xs, **options):
    rows = [function(jax.tree.map(lambda leaf: leaf[i], xs)) for i in range(len(jax.tree.leaves(xs)[0]))]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *rows)


def _python_vmap(function, in_axes=0, out_axes=0, **options):
    def mapped(*arguments):
        axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(arguments)
        sizes = [len(jax.tree.leaves(a)[0]) for a, axis in zip(arguments, axes) if axis == 0]
        def at(i):
            return function(*[
                a if axis is None else jax.tree.map(lambda leaf: jnp.take(leaf, i, axis=axis), a)
                for a, axis in zip(arguments, axes)
            ])
        rows = [at(i) for i in range(sizes[0])]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves, axis=out_axes), *rows)
    return mapped


def _bounded_while(condition, body, value):
    def counted(state):
        return (state[0] < 40) & condition(state[1])
    return jax.lax.while_loop(counted, lambda state: (state[0] + 1, body(state[1])), (jnp.array(0), value))[1]
'''

IN = (
    ("_clipped", "clipped to 50"),
    ("_cleaned", "cleaned of NaN"),
    ("_floored", "tiny to zero"),
    ("_narrow", "rounded to bfloat16"),
)
OUT = (
    ("_narrow", "rounded to bfloat16"),
    ("_cleaned", "cleaned of NaN"),
    ("_clipped", "clipped to 50"),
    ("_a_little_more", "a thousandth more"),
    ("_stopped", "gradient stopped"),
    ("_read", "looked at in Python"),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A reference with one change, as text under its own name."""

    exercise: str
    operator: str  # what kind of change
    was: str  # the line as the reference has it
    now: str
    source: str


def mutants_of(definition: Definition) -> list[Mutant]:
    """All mutants of a reference, each text once, in the order of its code."""
    reference = _without_docstring(definition)
    found: dict[str, Mutant] = {}
    plain = ast.unparse(reference)
    for operator, was, now, tree in [*_changed_places(reference), *_changed_values(reference)]:
        source = ast.unparse(ast.fix_missing_locations(tree))
        if source != plain:
            found.setdefault(source, Mutant(reference.name, operator, was, now, source))
    return list(found.values())


def some_of(mutants: Sequence[Mutant], most: int, seed: int) -> list[Mutant]:
    """At most so many, drawn so that each kind of change comes before a kind comes twice."""
    chance = random.Random(seed)
    by_kind: dict[str, list[Mutant]] = {}
    for mutant in chance.sample(mutants, len(mutants)):
        by_kind.setdefault(mutant.operator, []).append(mutant)
    drawn: list[Mutant] = []
    while len(drawn) < min(most, len(mutants)):
        drawn += [those.pop() for those in by_kind.values() if those]
    return drawn[:most]


def _without_docstring(definition: Definition) -> Definition:
    changed = copy.deepcopy(definition)
    for node in ast.walk(changed):
        if isinstance(node, Definition) and ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
    return changed


def _changed_places(reference: Definition) -> Iterator[tuple[str, str, str, Definition]]:
    """(operator, line before, line after, whole tree) of each change of one place."""
    smooth = _gives_floats(reference)
    for path, node in _places(reference, ()):
        squared = _is_squared(reference, path)
        for operator in OPERATORS:
            for name, changed in operator(node):
                if (name == "gradient stopped" and not smooth) or (name == "operands swapped" and squared):
                    continue
                tree = copy.deepcopy(reference)
                _put(tree, path, copy.deepcopy(changed))
                ast.fix_missing_locations(tree)
                yield name, _line(reference, path), _line(tree, path), tree


def _gives_floats(reference: Definition) -> bool:
    """Whether a derivative could be asked for."""
    returns = getattr(reference, "returns", None)
    return returns is None or any(word in ast.unparse(returns) for word in ("Float", "PyTree", "Complex"))


def _changes_of_results(reference: Definition) -> Sequence[tuple[str, str]]:
    returns = getattr(reference, "returns", None)
    if returns is not None and any(
        word in ast.unparse(returns) for word in ("Callable", "GradientTransformation")
    ):
        return ()  # functions, which hold no array to change
    return OUT if _gives_floats(reference) else OUT[-1:]


def _is_squared(reference: Definition, path: Path) -> bool:
    """Whether a difference is squared, so that its sign does not matter."""
    above = _at(reference, path[:-1]) if path else None
    return isinstance(above, ast.BinOp) and isinstance(above.op, ast.Pow) and ast.unparse(above.right) == "2"


def _changed_values(reference: Definition) -> Iterator[tuple[str, str, str, Definition]]:
    """Changes of what goes into a function, or comes out of it."""
    if isinstance(reference, ast.ClassDef):
        return
    for parameter in [*reference.args.args, *reference.args.kwonlyargs]:
        about = ast.unparse(parameter.annotation) if parameter.annotation else ""
        changes = [
            (f"{function}({parameter.arg})", word)
            for function, word in IN
            if "Float" in about or "PyTree" in about
        ]
        if any(shape in about for shape in ("'n d'", "'h w'", "'n n'", "'d d'", "'n m'")):
            changes.append((f"_turned({parameter.arg})", "transposed when square"))
        if about == "int" or about.startswith("int |"):
            changes.append((f"min({parameter.arg}, 40)", "capped at 40"))
        for change, word in changes:
            tree = copy.deepcopy(reference)
            line = f"{parameter.arg} = {change}"
            tree.body.insert(0, ast.parse(line).body[0])
            yield f"input {word}", "", line, tree
    for path, node in _places(reference, ()):
        if isinstance(node, ast.Return) and node.value is not None and not _nested(reference, path):
            for function, word in _changes_of_results(reference):
                tree = copy.deepcopy(reference)
                changed = ast.Return(ast.Call(ast.Name(function, ast.Load()), [node.value], []))
                _put(tree, path, copy.deepcopy(changed))
                ast.fix_missing_locations(tree)
                yield f"result {word}", _line(reference, path), _line(tree, path), tree


# ---- places in a tree: the fields and indices that lead to a node

Path = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    yield path, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "args") and isinstance(node, Definition):
            continue  # what a function promises is not changed
        if field == "annotation" or (field == "args" and isinstance(node, ast.Lambda)):
            continue
        if isinstance(value, ast.AST):
            yield from _places(value, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _places(item, (*path, (field, index)))


def _at(node: ast.AST, path: Path) -> ast.AST:
    for field, index in path:
        node = getattr(node, field) if index is None else getattr(node, field)[index]
    return node


def _put(tree: ast.AST, path: Path, new: ast.AST) -> None:
    parent, (field, index) = _at(tree, path[:-1]), path[-1]
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new


def _line(tree: ast.AST, path: Path) -> str:
    """The first line of the smallest statement around a place."""
    for length in range(len(path), -1, -1):
        node = _at(tree, path[:length])
        if isinstance(node, ast.stmt):
            return ast.unparse(node).split("\n")[0]
    return ""


def _nested(tree: ast.AST, path: Path) -> bool:
    """Whether a place lies in a function inside of the function."""
    return any(
        isinstance(_at(tree, path[:length]), Definition | ast.Lambda) for length in range(1, len(path))
    )
