"""A learner's function, compiled where that goes: a wrong one may be none that jit takes, or a loop that is written out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax

from grader.toolkit import bound
from grader.toolkit.programs import Program

_MOST_OPERATIONS = 600


def quick(function: Callable[..., Any], *, static: str | tuple[str, ...] = ()) -> Callable[..., Any]:
    """The function under jit, with these parameters static.

    It is called as it is where jit does not take it, and where its program is so long that compiling it would take longer than
    all else: XLA cannot be broken off.
    """
    compiled = bound.jit(function, static_argnames=static)
    refused = False

    @functools.wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        nonlocal refused
        if not refused:
            try:
                traced = compiled.trace(*arguments, **keywords)
                if Program("", traced.jaxpr).size <= _MOST_OPERATIONS:
                    return compiled(*arguments, **keywords)
                refused = True
            except (jax.errors.JAXTypeError, jax.errors.JAXIndexError, TypeError, ValueError):
                refused = True
        return function(*arguments, **keywords)

    return called
