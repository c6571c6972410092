"""Oracles: what they are written in, NumPy in float64, and how a compiled function is held against one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from grader.toolkit.called import Called
from grader.toolkit.handles import Handle
from grader.toolkit.labels import taking_names
from grader.toolkit.structure import compiles_once

Array = np.ndarray[Any, Any]


def wide(x: Any) -> Array:
    """The same numbers in float64."""
    return np.asarray(x, np.float64)


def told_by(value: Any, mistakes: Mapping[str, Any]) -> str | None:
    """The hint for the mistake that gives this value; the mistakes of a hand-worked case are worked out by hand, too."""
    if not isinstance(getattr(value, "dtype", None), np.dtype):  # a list, a key: the comparison says so
        return None
    known = (
        hint
        for hint, wrong in mistakes.items()
        if np.shape(value) == np.shape(wrong) and np.allclose(value, wrong, rtol=1e-3, atol=1e-3)
    )
    return next(known, None)


def agrees_once(
    handle: Handle,
    calls: Sequence[tuple[Any, ...]],
    oracle: Callable[..., Any],
    *,
    by: Callable[..., Any] = Called.close_to,
    rtol: float | None = None,
    atol: float | None = None,
    leaks: bool = True,
    **keywords: Any,
) -> list[Called]:
    """`compiles_once`, and the result of each call is what the oracle makes of the same arguments and `keywords`.

    `by(result, expected)` compares, with the tolerances that are given. Returns the results. Raises what compiles_once
    and `by` raise.
    """
    results = compiles_once(handle, calls, leaks=leaks, **keywords)
    tolerances = {name: value for name, value in {"rtol": rtol, "atol": atol}.items() if value is not None}
    for arguments, result in zip(calls, results, strict=True):
        by(result, taking_names(oracle)(*arguments, **keywords), **tolerances)
    return results
