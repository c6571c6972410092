"""What a program promises the compiler of its indices, and whether that is so: unique, sorted, within bounds.

A false promise shows on no CPU: there the same comes out. Elsewhere it gives other numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from grader.findings import Finding, Kind
from grader.toolkit.programs import Program, equations
from grader.toolkit.verdicts import WrongAnswer

_HINT = (
    "unique_indices, indices_are_sorted and mode='promise_in_bounds' are promises to the compiler: on a GPU a false one gives "
    "wrong numbers. Leave it out."
)


def keeps_its_promises(program: Program, leaves: list[Any]) -> None:
    """What a program promises of the indices at which it reads and writes holds for these arguments. Raises WrongAnswer.

    `leaves` are the arrays among the arguments. A program that promises nothing is not run.
    """
    if not any(_promised(equation) for equation in equations(program.jaxpr.jaxpr)):
        return
    if len(leaves) != len(program.jaxpr.jaxpr.invars):
        return
    given = [*program.jaxpr.consts, *map(jnp.asarray, leaves)]
    if broken := next(_run(program.jaxpr.jaxpr, given, []), ""):
        finding = Finding(
            "promises what is not so",
            Kind.PROPERTY,
            program.call,
            expected="only promises that every input keeps",
            got=broken,
        )
        raise WrongAnswer(finding, hint=_HINT)


def _promised(equation: Any) -> bool:
    """Whether an equation promises something of two or more places: of one, everything is so."""
    name = equation.primitive.name
    if name != "gather" and not name.startswith("scatter"):
        return False
    settings, indices = equation.params, equation.invars[1].aval.shape
    promises = settings["unique_indices"], settings["indices_are_sorted"], _in_bounds(settings)
    return any(promises) and math.prod(indices[:-1]) > 1


def _in_bounds(settings: Any) -> bool:
    return bool(settings["mode"] == jax.lax.GatherScatterMode.PROMISE_IN_BOUNDS)


def _run(jaxpr: Any, given: list[Any], results: list[Any]) -> Iterator[str]:
    """Run a program, one operation at a time, and say each promise that does not hold. What loops promise stays unseen."""
    values = dict(zip([*jaxpr.constvars, *jaxpr.invars], given, strict=True))

    def value(variable: Any) -> Any:
        return variable.val if isinstance(variable, core.Literal) else values[variable]

    for equation in jaxpr.eqns:
        inputs = [value(variable) for variable in equation.invars]
        if _promised(equation):
            yield from _false_promises(equation, inputs)
        found: list[Any] = []
        if equation.primitive.name in {"jit", "pjit"}:
            closed = equation.params["jaxpr"]
            yield from _run(closed.jaxpr, [*closed.consts, *inputs], found)
        else:
            functions, settings = equation.primitive.get_bind_params(equation.params)
            made = equation.primitive.bind(*functions, *inputs, **settings)
            found = list(made) if equation.primitive.multiple_results else [made]
        values.update(zip(equation.outvars, found, strict=True))
    results += [value(variable) for variable in jaxpr.outvars]


def _false_promises(equation: Any, inputs: list[Any]) -> Iterator[str]:
    settings, operand, indices = equation.params, inputs[0], np.asarray(inputs[1])
    numbers = settings["dimension_numbers"]
    reads = equation.primitive.name == "gather"
    axes = numbers.start_index_map if reads else numbers.scatter_dims_to_operand_dims
    batching = numbers.start_indices_batching_dims if reads else numbers.scatter_indices_batching_dims
    places = indices.reshape(-1, indices.shape[-1]).astype(np.int64)
    most = np.array([operand.shape[axis] - 1 for axis in axes])
    outside = ((places < 0) | (places > most)).any(axis=1)
    if _in_bounds(settings) and outside.any():
        yield f"mode='promise_in_bounds', and index {_shown(places[outside][0])} of an axis of {most[0] + 1}"
    batches = [np.indices(indices.shape[:-1])[axis].reshape(-1, 1) for axis in batching]
    rows = np.hstack([*batches, places])[~outside]  # what lies outside is dropped
    if settings["unique_indices"]:
        different, counts = np.unique(rows, axis=0, return_counts=True)
        if len(different) < len(rows):
            twice = different[counts > 1][0][len(batches) :]
            yield f"unique_indices=True, and index {_shown(twice)} more than once"
    if settings["indices_are_sorted"] and not batches:
        in_order = [*map(tuple, rows.tolist())]
        if in_order != sorted(in_order):
            later = next(b for a, b in itertools.pairwise(in_order) if b < a)
            yield f"indices_are_sorted=True, and index {_shown(later)} after a larger one"


def _shown(place: Any) -> str:
    numbers = [int(number) for number in place]
    return str(numbers[0]) if len(numbers) == 1 else str(tuple(numbers))
