"""What a program promises the compiler of its indices, and whether that is so: unique, sorted, within bounds.

A false promise shows on no CPU: there the same comes out. Elsewhere it gives other numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax.extend import core

from grader.findings import Finding, Kind
from grader.toolkit.programs import JITS, Program, equations
from grader.toolkit.verdicts import WrongAnswer

_INDEXING = {"_getitem", "__getitem__"}  # JAX's functions behind x[i]
_NEAR = 12  # frames of JAX's own between a gather and these

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
    try:
        broken = next(_broken(program.jaxpr.jaxpr, program.jaxpr.consts, leaves), "")
    except Exception:  # it cannot be run in parts: then nobody is accused
        return
    if broken:
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
    if name == "gather" and _is_plain_indexing(equation):
        return False
    settings, indices = equation.params, equation.invars[1].aval.shape
    promises = settings["unique_indices"], settings["indices_are_sorted"], _in_bounds(settings)
    return any(promises) and math.prod(indices[:-1]) > 1


def _is_plain_indexing(gather: Any) -> bool:
    """Whether a gather comes of `x[i]`, which JAX documents to clamp: its program says promise_in_bounds all the same."""
    traceback = gather.source_info.traceback
    nearest = traceback.frames[:_NEAR] if traceback else ()
    return any(frame.function_name.rpartition(".")[2] in _INDEXING for frame in nearest)


def _in_bounds(settings: Any) -> bool:
    return bool(settings["mode"] == jax.lax.GatherScatterMode.PROMISE_IN_BOUNDS)


def _broken(jaxpr: Any, consts: list[Any], leaves: list[Any]) -> Iterator[str]:
    """Each promise that does not hold, those within a jit included; what loops and branches promise stays unseen."""
    here = [one for one in jaxpr.eqns if _promised(one) or (one.primitive.name in JITS and _promises(one))]
    if not here:
        return
    wanted = [variable for one in here for variable in (one.invars[1:2] if _promised(one) else one.invars)]
    known = iter(_values_of(wanted, jaxpr, consts, leaves))
    for one in here:
        if _promised(one):
            yield from _false_promises(one, np.asarray(next(known)))
        else:
            inner = one.params["jaxpr"]
            yield from _broken(inner.jaxpr, inner.consts, [next(known) for _ in one.invars])


def _promises(jit: Any) -> bool:
    return any(map(_promised, equations(jit.params["jaxpr"].jaxpr)))


def _values_of(wanted: list[Any], jaxpr: Any, consts: list[Any], leaves: list[Any]) -> list[Any]:
    """What these variables of a program are when it runs."""
    variables = [one for one in wanted if not isinstance(one, core.Literal)]
    names = jaxpr.debug_info._replace(result_paths=None)
    shorter = core.ClosedJaxpr(jaxpr.replace(outvars=variables, debug_info=names), consts)
    values = dict(zip(variables, jax.jit(core.jaxpr_as_fun(shorter))(*leaves), strict=True))
    return [one.val if isinstance(one, core.Literal) else values[one] for one in wanted]


def _false_promises(equation: Any, indices: np.ndarray[Any, Any]) -> Iterator[str]:
    settings, operand = equation.params, equation.invars[0].aval
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
