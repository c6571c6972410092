"""What several exercises of day 10 use in their checks."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.toolkit import Called, Handle, Kind, wide


def wide_tree(tree: Any) -> Any:
    """A tree of JAX arrays in NumPy's float64."""
    return jax.tree.map(wide, tree)


def listed(values: Any) -> str:
    """`[5, -0.5]`, for messages."""
    return "[" + ", ".join(f"{float(value):g}" for value in np.ravel(values)) + "]"


def sent_back(handle: Handle, gradient: jax.Array, x: jax.Array, *others: Any) -> Called:
    """What a function makes of a gradient that flows back through it to `x`."""

    def pull_back() -> Any:
        _, backwards = jax.vjp(lambda x: handle.function(x, *others), x)
        return backwards(gradient)[0]

    bounds = "".join(f", {float(other):g}" for other in others)
    text = f"The gradient {listed(gradient)} that comes back through {handle.shown}(x{bounds})"
    return handle.using(text, pull_back)


def has_the_dtype_of(called: Called, x: jax.Array) -> None:
    dtype = called.value.dtype
    called.require(
        dtype == x.dtype, "has another dtype", expected=x.dtype.name, got=dtype.name, kind=Kind.DTYPE
    )
