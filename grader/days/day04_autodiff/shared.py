"""What several exercises of day 4 use in their checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Called, told_by

Function = Callable[..., jax.Array]

DIFFERENCES_HINT = (
    "Near, but not exact: that is how finite differences look in float32. Differentiate the function itself."
)


def exactly(
    called: Called, expected: Any, *, atol: float = 1e-5, mistakes: Mapping[str, Any] | None = None
) -> None:
    """Compare at the default relative tolerance, and know a finite difference when one comes; `mistakes` as for told_by.

    Derivatives are sums of a few products: where they cancel, the roundings of the terms stay, hence `atol`.
    """
    target, value = np.asarray(expected), called.value
    near = getattr(value, "shape", None) == target.shape and np.allclose(value, target, rtol=0.1, atol=0.1)
    called.close_to(target, atol=atol, hint=DIFFERENCES_HINT if near else told_by(value, mistakes or {}))


def slope(function: Callable[[Array], Array], x: Array, direction: Array) -> Array:
    """The derivative of a NumPy function along a direction: in float64 a central difference has ten right digits."""
    step = 1e-6 / (float(np.abs(direction).max()) or 1.0)  # as far as 1e-6 in every case
    return np.asarray(function(x + step * direction) - function(x - step * direction)) / (2 * step)


# ---- functions to differentiate, and what they come to in float64


# Those of many operations are compiled: one program is quicker made than many small ones.


@jax.jit
def sum_of_cubes(x: jax.Array) -> jax.Array:
    return jnp.sum(x**3)


@jax.jit
def chain(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.sin(x[1:] * x[:-1]))


@jax.jit
def knot(x: jax.Array) -> jax.Array:
    """The chain, and the sine of the sum: no entry of its Hessian is 0."""
    return jnp.sum(jnp.sin(x[1:] * x[:-1])) + jnp.sin(jnp.sum(x))
