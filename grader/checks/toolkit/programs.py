"""Read what JAX compiles: the operations of a traced function, counted and measured."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from jax.extend import core

_CALLBACKS = frozenset({"pure_callback", "io_callback", "debug_callback", "python_callback", "debug_print"})
_JITS = frozenset({"jit", "pjit"})
_LOOPS = frozenset({"scan", "while"})


class Program:
    """A traced function, as operations on shapes. `call` says in messages which call was traced."""

    def __init__(self, call: str, jaxpr: core.ClosedJaxpr) -> None:
        self.call = call
        self.jaxpr = jaxpr

    @property
    def primitives(self) -> Counter[str]:
        """How often each primitive occurs, inner programs (jit, scan, cond, ...) included."""
        return Counter(equation.primitive.name for equation in equations(self.jaxpr.jaxpr))

    @property
    def size(self) -> int:
        """The number of operations, inner programs included, wrappers such as jit not counted."""
        return sum(count for name, count in self.primitives.items() if name not in _JITS | {"closed_call"})

    @property
    def loops(self) -> int:
        """How many scan and while loops it holds."""
        return sum(self.primitives[name] for name in _LOOPS)

    @property
    def jitted_names(self) -> frozenset[str]:
        """The names of the functions in it that are under a jit of their own."""
        found = (e.params.get("name", "") for e in equations(self.jaxpr.jaxpr) if e.primitive.name in _JITS)
        return frozenset(found)

    @property
    def constant_bytes(self) -> int:
        """The bytes of the arrays that were neither arguments nor computed: closed over, and baked in."""
        return sum(getattr(constant, "nbytes", 0) for constant in self.jaxpr.consts)

    @property
    def callbacks(self) -> list[str]:
        """The primitives through which it leaves the device for Python."""
        return sorted(name for name in self.primitives if name in _CALLBACKS)

    @property
    def largest_value(self) -> int:
        """The number of elements of the largest intermediate or result."""
        sizes = (
            math.prod(variable.aval.shape)
            for equation in equations(self.jaxpr.jaxpr)
            for variable in equation.outvars
            if hasattr(variable.aval, "shape")
        )
        return max(sizes, default=0)


def equations(jaxpr: Any) -> Iterator[Any]:
    """All equations of a jaxpr, those of inner jaxprs included."""
    for equation in jaxpr.eqns:
        yield equation
        for parameter in equation.params.values():
            for inner in _inner_jaxprs(parameter):
                yield from equations(inner)


def _inner_jaxprs(parameter: Any) -> Iterator[Any]:
    if isinstance(parameter, core.ClosedJaxpr):
        yield parameter.jaxpr
    elif isinstance(parameter, core.Jaxpr):
        yield parameter
    elif isinstance(parameter, tuple | list):
        for item in parameter:
            yield from _inner_jaxprs(item)
