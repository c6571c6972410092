"""What in a program comes from which argument: products with it, and what is written where it points."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from jax.extend import core

from grader.toolkit.programs import Program, inner_jaxprs

# What moves numbers about, and leaves them as they are.
_MOVES = frozenset(
    {
        "transpose",
        "reshape",
        "squeeze",
        "expand_dims",
        "broadcast_in_dim",
        "convert_element_type",
        "rev",
        "concatenate",
        "stack",
        "unstack",
        "pad",
        "slice",
        "dynamic_slice",
        "gather",
        "copy",
        "copy_p",
        "stop_gradient",
        "optimization_barrier",
    }
)
_PRODUCTS = frozenset({"dot_general", "mul", "conv_general_dilated"})


def products_with(program: Program, place: int) -> int:
    """How many products a program takes with one of its arguments: with that, not with what was computed from it.

    `place` counts the leaves of all arguments. A number times the argument is no product, and is still the argument.
    """
    return sum(
        equation.primitive.name in _PRODUCTS and any(carries) and not _scales(equation)
        for equation, carries in _followed(program.jaxpr.jaxpr, place, only_moved=True)
    )


def writes_at(program: Program, place: int) -> list[str]:
    """The operations of a program that write into an array, at indices that come from one of its arguments."""
    found = []
    for equation, comes in _followed(program.jaxpr.jaxpr, place, only_moved=False):
        name = equation.primitive.name
        if (name.startswith("scatter") and comes[1]) or (name == "dynamic_update_slice" and any(comes[2:])):
            found.append(name)
    return found


def multiply_adds(program: Program) -> float:
    """How many products of two numbers a program's matrix products add up, however they are batched; a scan's, once a round.

    A sum over an axis counts as many: it is how a product is written with broadcasting.
    """
    return _multiply_adds(program.jaxpr.jaxpr)


def _multiply_adds(jaxpr: Any) -> float:
    total = 0.0
    for equation in jaxpr.eqns:
        inner = sum(
            _multiply_adds(one) for parameter in equation.params.values() for one in inner_jaxprs(parameter)
        )
        total += inner * (equation.params["length"] if equation.primitive.name == "scan" else 1)
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            total += math.prod(equation.outvars[0].aval.shape) * math.prod(left[axis] for axis in contracted)
        elif equation.primitive.name == "reduce_sum":
            total += math.prod(equation.invars[0].aval.shape)
    return total


def _scales(equation: Any) -> bool:
    """A product with a single number."""
    return equation.primitive.name == "mul" and any(math.prod(one.aval.shape) == 1 for one in equation.invars)


def _followed(jaxpr: Any, place: int, *, only_moved: bool) -> list[tuple[Any, tuple[bool, ...]]]:
    """All equations, inner ones too, each with which of its inputs come from the argument at a place.

    With `only_moved` an input counts if it holds the argument's own numbers. In a loop everything comes from it that may, in
    some round.
    """
    found: list[tuple[Any, tuple[bool, ...]]] = []
    _follow(jaxpr, {place}, only_moved, found)
    return found


def _follow(
    jaxpr: Any, places: Collection[int], only_moved: bool, found: list[tuple[Any, tuple[bool, ...]]]
) -> set[int]:
    """Walk a program, add to `found`; returns which of its results come from the arguments at these places."""
    marked = {jaxpr.invars[place] for place in places}

    def comes_from(variable: Any) -> bool:
        return not isinstance(variable, core.Literal) and variable in marked

    for equation in jaxpr.eqns:
        comes, name = tuple(map(comes_from, equation.invars)), equation.primitive.name
        found.append((equation, comes))
        inner = [one for parameter in equation.params.values() for one in inner_jaxprs(parameter)]
        if (any(comes) and not only_moved) or (
            any(comes) and not inner and (name in _MOVES or _scales(equation))
        ):
            marked |= set(equation.outvars)
        for one in inner:
            before = len(equation.invars) - len(
                one.invars
            )  # a cond's index, the constants of a while's condition
            within = {at for at in range(len(one.invars)) if at + before >= 0 and comes[at + before]}
            if name in {"scan", "while"} and any(comes) and not only_moved:
                within = set(range(len(one.invars)))
            results = _follow(one, within, only_moved, found)
            if len(one.outvars) == len(equation.outvars):
                marked |= {equation.outvars[at] for at in results}
    return {at for at, result in enumerate(jaxpr.outvars) if comes_from(result)}
