"""For an exercise whose program must not grow: how many equations it has for longer and longer arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from grader.pictures import Chart, Frame, Layer, Mark, Role
from grader.toolkit.programs import Program
from grader.toolkit.samples import Growth

_BETWEEN = 3  # sizes between the two that a check compares


def frame_of(growth: Growth, reference: Callable[..., Any], still_in_time: Callable[[], None]) -> Frame:
    """Equations against size, of the learner's program and of the reference's. Raises what tracing raises.

    `still_in_time` is called after each program, and raises when there is no time for the next.
    """
    layers = []
    for role, function in ((Role.EXPECTED, growth.of(reference)), (Role.YOURS, growth.function)):
        sizes, counts = [], []
        for size, arguments in _cases(growth):
            try:
                traced = function.trace(*arguments, **growth.keywords)
            except Exception:
                if arguments is growth.small or arguments is growth.large:
                    raise
                continue  # a size in between may be none that the function takes
            sizes.append(float(size))
            counts.append(float(Program("", traced.jaxpr).size))
            still_in_time()
        layers.append(Layer(Mark.LINE, role, tuple(sizes), tuple(counts)))
    chart = Chart("equations of the program", tuple(layers), across="size of the arguments", up="equations")
    return Frame((chart,), f"the program of {growth.shown}, for larger and larger arguments")


def _cases(growth: Growth) -> list[tuple[int, tuple[Any, ...]]]:
    """The two calls of the check, and some between them where it can be told what they would be."""
    ends = _size(growth.small, growth.large), _size(growth.large, growth.small)
    found = [(ends[0], growth.small)]
    for share in np.linspace(0, 1, _BETWEEN + 2)[1:-1]:
        size = round(ends[0] + (ends[1] - ends[0]) * float(share))
        between = _between(growth.small, growth.large, float(share))
        if between is not None and ends[0] < size < ends[1]:
            found.append((size, between))
    return [*found, (ends[1], growth.large)]


def _size(these: tuple[Any, ...], those: tuple[Any, ...]) -> int:
    """The first number in which these arguments differ from those: a static count, or the length of an axis."""
    for one, other in zip(jax.tree.leaves(these), jax.tree.leaves(those), strict=False):
        if isinstance(one, int) and isinstance(other, int) and one != other:
            return one
        for length, another in zip(np.shape(one), np.shape(other), strict=False):
            if length != another:
                return int(length)
    return 0


def _between(small: tuple[Any, ...], large: tuple[Any, ...], share: float) -> tuple[Any, ...] | None:
    """Arguments of a size in between; None where that cannot be told."""
    structure = jax.tree.structure(large)
    if jax.tree.structure(small) != structure:  # type: ignore[operator]
        return None
    others, leaves = jax.tree.leaves(small), jax.tree.leaves(large)
    found: list[Any] = []
    for one, other in zip(others, leaves, strict=True):
        if isinstance(one, int) and isinstance(other, int) and not isinstance(one, bool):
            found.append(round(one + (other - one) * share))
        elif np.shape(one) != np.shape(other):
            if np.ndim(one) != np.ndim(other) or any(
                a > b for a, b in zip(np.shape(one), np.shape(other), strict=True)
            ):
                return None
            lengths = [
                round(a + (b - a) * share) for a, b in zip(np.shape(one), np.shape(other), strict=True)
            ]
            found.append(other[tuple(slice(length) for length in lengths)])
        else:
            found.append(other)
    return tuple(jax.tree.unflatten(structure, found))
