"""Kept while the checks of an exercise run: its largest call, on which it is set beside the reference, and what must not grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import bound, wording
from grader.toolkit.labels import taking_names

_LARGEST = 2**24  # elements: references keep arrays alive, and a worker's memory has a limit

Transformation = Callable[[Callable[..., Any]], Callable[..., Any]]


def as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    """The transformation that changes nothing."""
    return function


@dataclass(frozen=True, slots=True)
class Sample:
    """One call that went well. It refers to its arguments and copies none of them."""

    shown: str  # what was called, without jit: softmax, vmap(softmax)
    function: Callable[..., Any] | None  # the learner's, as it was called; None: `transform` of it
    transform: Transformation  # makes the same of the reference: vmap, grad
    jit_options: dict[str, Any] | None  # None when it was called without jit
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same made of another function, such as the reference; it takes named arguments, as a handle does."""
        return self.transform(function if isinstance(function, type) else taking_names(function))


@dataclass(frozen=True, slots=True)
class Growth:
    """What a check says must not grow: a compiled function, and the arguments for which its program is to be as large.

    It refers to its arguments and copies none of them.
    """

    shown: str  # what was compiled: jit(cumulative)
    function: Any  # the learner's, compiled
    transform: Transformation  # makes the same of the reference
    jit_options: dict[str, Any]
    small: tuple[Any, ...]
    large: tuple[Any, ...]
    keywords: dict[str, Any]

    def of(self, function: Callable[..., Any]) -> Any:
        """The same made of another function, such as the reference: it can be traced."""
        return bound.jit(self.transform(taking_names(function)), **self.jit_options)


class Samples:
    """The best sample of each exercise so far.

    One that a check has chosen before all others, plain calls before those of vmap and grad, compiled ones before others,
    several steps before one, large arrays before small ones.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[tuple[int, ...], Sample]] = {}
        self.growths: dict[
            str, Growth
        ] = {}  # exercise -> what of it must not grow; the last that a check named

    def offer(self, exercise: str, sample: Sample, *, chosen: bool = False) -> None:
        """Keep the sample when it is better than what is there; `chosen` by a check for this."""
        leaves = jax.tree.leaves((sample.arguments, sample.keywords))
        arrays = [leaf for leaf in leaves if wording.is_jax_array(leaf) or type(leaf) is np.ndarray]
        elements = sum(array.size for array in arrays)
        if elements > _LARGEST:
            return
        integers = [int(leaf) for leaf in leaves if _is_integer(leaf)]
        more_than_one = not integers or max(integers) > 1  # no steps, or one, show little of a loop
        plain, compiled = sample.transform is as_it_is, sample.jit_options is not None
        rank = (chosen, plain, compiled, more_than_one, elements, sum(integers))
        if exercise not in self._found or rank > self._found[exercise][0]:
            self._found[exercise] = rank, sample

    def best(self, exercise: str) -> Sample | None:
        """The best sample of an exercise; None when it was never called."""
        return self._found[exercise][1] if exercise in self._found else None


def _is_integer(leaf: object) -> bool:
    """A single number: of steps, of rows, of an axis."""
    if type(leaf) is int:
        return True
    if wording.is_jax_array(leaf) or type(leaf) is np.ndarray:
        return leaf.ndim == 0 and bool(jnp.issubdtype(leaf.dtype, jnp.integer))  # type: ignore[attr-defined]
    return False
