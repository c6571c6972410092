"""Read what JAX compiles: the operations of a traced function, counted and measured."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import jax.numpy as jnp
from jax.extend import core

_CALLBACKS = frozenset({"pure_callback", "io_callback", "debug_callback", "python_callback", "debug_print"})
JITS = frozenset({"jit", "pjit"})
_LOOPS = frozenset({"scan", "while"})
_MAPS = frozenset({"shard_map", "xla_pmap"})  # over devices


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
        """The number of operations, inner programs included, wrappers such as jit not counted.

        A scan with `unroll` is written out that many times when it is compiled, and counts so.
        """
        return _size(self.jaxpr.jaxpr)

    @property
    def outline(self) -> tuple[Any, ...]:
        """What each equation does to which values, wrappers such as jit dissolved. Equal outlines, equal programs.

        Values are numbered as they come up, so that names do not matter; constants count by their shape.
        """
        return _outline(self.jaxpr.jaxpr)

    @property
    def loops(self) -> int:
        """How many scan and while loops it holds."""
        return sum(self.primitives[name] for name in _LOOPS)

    @property
    def always(self) -> Counter[str]:
        """The primitives that run in any case: those in the branches of a cond or switch are left out."""
        return _always(self.jaxpr.jaxpr)

    @property
    def branches(self) -> list[Counter[str]]:
        """For each branch of each cond or switch, however deep: the primitives that run whenever the branch does."""
        return [
            _always(branch.jaxpr)
            for equation in equations(self.jaxpr.jaxpr)
            if equation.primitive.name == "cond"
            for branch in equation.params["branches"]
        ]

    @property
    def jitted_names(self) -> frozenset[str]:
        """The names of the functions in it that are under a jit of their own."""
        found = (e.params.get("name", "") for e in equations(self.jaxpr.jaxpr) if e.primitive.name in JITS)
        return frozenset(found)

    @property
    def constant_bytes(self) -> int:
        """The bytes of the arrays that were neither arguments nor computed: closed over, and baked in."""
        return sum(getattr(constant, "nbytes", 0) for constant in self.jaxpr.consts)

    @property
    def numbers(self) -> frozenset[float]:
        """The single numbers that are written down in it, or closed over."""
        read = (variable for equation in equations(self.jaxpr.jaxpr) for variable in equation.invars)
        written = [variable.val for variable in read if isinstance(variable, core.Literal)]
        return frozenset(float(value) for value in (*written, *self.jaxpr.consts) if _is_a_number(value))

    @property
    def callbacks(self) -> list[str]:
        """The primitives through which it leaves the device for Python."""
        return sorted(name for name in self.primitives if name in _CALLBACKS)

    @property
    def unchecked_map(self) -> bool:
        """Whether a map over devices takes the learner's word for what is the same on all of them (check_vma=False)."""
        return any(equation.params.get("check_vma") is False for equation in equations(self.jaxpr.jaxpr))

    @property
    def given_to_devices(self) -> list[int]:
        """The number of elements of each array that a map over devices gives to one device."""
        return [
            math.prod(variable.aval.shape)
            for equation in equations(self.jaxpr.jaxpr)
            if equation.primitive.name in _MAPS
            for parameter in equation.params.values()
            for inner in inner_jaxprs(parameter)
            for variable in inner.invars
            if hasattr(variable.aval, "shape")
        ]

    @property
    def draws_outside_of_maps(self) -> bool:
        """Whether random bits are drawn anywhere but on each device in a map over devices. Splitting keys draws none."""
        return any(e.primitive.name == "random_bits" for e in equations(self.jaxpr.jaxpr, enter_maps=False))

    @property
    def floats_outside_of_maps(self) -> Counter[str]:
        """The primitives that compute floats, but for those that run on each device in a map over devices."""
        return Counter(
            equation.primitive.name
            for equation in equations(self.jaxpr.jaxpr, enter_maps=False)
            if any(jnp.issubdtype(getattr(v.aval, "dtype", int), jnp.floating) for v in equation.outvars)
        )

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


def _is_a_number(value: Any) -> bool:
    dtype = str(getattr(value, "dtype", "int"))  # keys are none, nor are bools
    return getattr(value, "shape", ()) == () and dtype.startswith(("int", "uint", "float", "bfloat"))


def _size(jaxpr: Any) -> int:
    size = 0
    for equation in jaxpr.eqns:
        inner = sum(
            _size(inner) for parameter in equation.params.values() for inner in inner_jaxprs(parameter)
        )
        size += inner * (equation.params["unroll"] if equation.primitive.name == "scan" else 1)
        size += _own_size(equation)
    return size


def _own_size(equation: Any) -> int:
    """The operations of an equation, but for what its inner programs do.

    A walk over an array is one equation from JAX 0.12 on, with a result for each element; it counts as the slices and squeezes
    that it was before, since what follows is written out as often.
    """
    if equation.primitive.name == "unstack":
        return 2 * len(equation.outvars)
    return int(equation.primitive.name not in JITS | {"closed_call"})


def _always(jaxpr: Any) -> Counter[str]:
    return Counter(equation.primitive.name for equation in equations(jaxpr, enter_branches=False))


def equations(jaxpr: Any, *, enter_branches: bool = True, enter_maps: bool = True) -> Iterator[Any]:
    """All equations of a jaxpr, those of inner jaxprs included; on demand without those of a cond's branches, or of what
    runs on each device."""
    for equation in jaxpr.eqns:
        yield equation
        if equation.primitive.name == "cond" and not enter_branches:
            continue
        if equation.primitive.name in _MAPS and not enter_maps:
            continue
        for parameter in equation.params.values():
            for inner in inner_jaxprs(parameter):
                yield from equations(inner, enter_branches=enter_branches, enter_maps=enter_maps)


def _outline(jaxpr: Any) -> tuple[Any, ...]:
    fresh = itertools.count()
    names: dict[Any, Any] = {}
    lines: list[Any] = []

    def read(variable: Any) -> Any:
        return f"{variable.val}" if isinstance(variable, core.Literal) else names[variable]

    def define(variables: Iterable[Any]) -> tuple[str, ...]:
        variables = list(variables)
        names.update((variable, next(fresh)) for variable in variables)
        return tuple(str(variable.aval) for variable in variables)

    def walk(part: Any) -> None:
        for equation in part.eqns:
            inputs = tuple(map(read, equation.invars))
            if equation.primitive.name in JITS:
                inner = equation.params["jaxpr"].jaxpr
                define(inner.constvars)
                names.update(zip(inner.invars, inputs, strict=True))
                walk(inner)
                outputs = [read(variable) for variable in inner.outvars]
                names.update(zip(equation.outvars, outputs, strict=True))
                continue
            settings = tuple((name, _setting(value)) for name, value in sorted(equation.params.items()))
            lines.append((equation.primitive.name, inputs, define(equation.outvars), settings))

    heads = define([*jaxpr.constvars, *jaxpr.invars])
    walk(jaxpr)
    return heads, tuple(lines), tuple(map(read, jaxpr.outvars))


def _setting(value: Any) -> Any:
    """A parameter of an equation, as something to compare; what differs from trace to trace is left out."""
    inner = list(inner_jaxprs(value))
    if inner:
        return tuple(map(_outline, inner))
    text = repr(value)
    return "" if callable(value) or " at 0x" in text else text


def inner_jaxprs(parameter: Any) -> Iterator[Any]:
    """The programs that a parameter of an equation holds: the body of a loop, the branches of a cond."""
    if isinstance(parameter, core.ClosedJaxpr):
        yield parameter.jaxpr
    elif isinstance(parameter, core.Jaxpr):
        yield parameter
    elif isinstance(parameter, tuple | list):
        for item in parameter:
            yield from inner_jaxprs(item)
