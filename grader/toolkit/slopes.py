"""Derivatives of a learner's function held against an oracle, by central differences in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit.called import Called
from grader.toolkit.handles import Handle
from grader.toolkit.labels import Named, taking_names

HINT = "Something on the way stops the gradient: stop_gradient, a rounding, an integer, or a rule of its own that is not right."


def slope_agrees(
    handle: Handle,
    oracle: Callable[..., Any],
    *arguments: Any,
    wrt: int = 0,
    forward: bool = False,
    rtol: float = 2e-3,
    hint: str = HINT,
    **keywords: Any,
) -> Called:
    """The derivative of the function along a direction is the oracle's.

    `wrt` counts the argument that moves: an array or a tree of arrays, at a place where the function is smooth. All
    results that are floats count, each with a weight of its own, so one number is compared: Σ w · ∂f/∂v. It is found
    in reverse, or `forward` where a loop without a known end allows nothing else. Raises WrongAnswer, and what the
    function raises.
    """
    chance = np.random.default_rng(0)
    moved = arguments[wrt].value if isinstance(arguments[wrt], Named) else arguments[wrt]
    moving, structure = jax.tree.flatten(moved)
    direction = [chance.normal(size=np.shape(leaf)) for leaf in moving]

    def at(step: float) -> tuple[Any, ...]:
        moved = [np.asarray(x, np.float64) + step * v for x, v in zip(moving, direction, strict=True)]
        return (*arguments[:wrt], jax.tree.unflatten(structure, moved), *arguments[wrt + 1 :])

    scale = max([1.0, *(float(np.abs(np.asarray(leaf, np.float64)).max(initial=0)) for leaf in moving)])
    step = 1e-5 * scale
    high, low = (_floats(taking_names(oracle)(*at(sign * step), **keywords)) for sign in (1, -1))
    weights = [chance.normal(size=np.shape(part)) for part in high]
    parts = [w * (a - b) / (2 * step) for w, a, b in zip(weights, high, low, strict=True)]
    expected = sum(float(part.sum()) for part in parts)
    size = sum(float(np.abs(part).sum()) for part in parts)  # what may cancel

    def weighted(moved: Any, rest: tuple[Any, ...]) -> Any:
        results = handle.function(*rest[:wrt], moved, *rest[wrt:], **keywords)
        floats = [x for x in jax.tree.leaves(results) if jnp.issubdtype(jnp.result_type(x), jnp.floating)]
        return sum(
            jnp.sum(jnp.asarray(w, leaf.dtype) * leaf) for w, leaf in zip(weights, floats, strict=True)
        )

    def slope(*given: Any) -> Any:
        rest = (*given[:wrt], *given[wrt + 1 :])
        along = [jnp.asarray(v, x.dtype) for x, v in zip(jax.tree.leaves(given[wrt]), direction, strict=True)]
        if forward:
            return jax.jvp(
                lambda moved: weighted(moved, rest), (given[wrt],), (jax.tree.unflatten(structure, along),)
            )[1]
        gradient = jax.tree.leaves(jax.grad(weighted)(given[wrt], rest))
        return sum((jnp.vdot(v, g) for v, g in zip(along, gradient, strict=True)), jnp.zeros(()))

    derived = handle.derive(f"derivative along a direction of {handle.shown}", slope)
    return derived(*arguments).close_to(expected, rtol=rtol, atol=rtol * size, hint=hint)


def _floats(results: Any) -> list[np.ndarray[Any, Any]]:
    """The floating-point arrays among an oracle's results."""
    arrays = [np.asarray(leaf) for leaf in jax.tree.leaves(results)]
    return [array for array in arrays if np.issubdtype(array.dtype, np.floating)]
