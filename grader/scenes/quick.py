"""A learner's function, compiled where that goes: a wrong one may be none that jit takes, and is drawn all the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax

from grader.toolkit import bound


def quick(function: Callable[..., Any], *, static: str | tuple[str, ...] = ()) -> Callable[..., Any]:
    """The function under jit, with these parameters static; called as it is where jit does not take it."""
    compiled = bound.jit(function, static_argnames=static)
    refused = False

    @functools.wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        nonlocal refused
        if not refused:
            try:
                return compiled(*arguments, **keywords)
            except (jax.errors.JAXTypeError, jax.errors.JAXIndexError, TypeError, ValueError):
                refused = True
        return function(*arguments, **keywords)

    return called
