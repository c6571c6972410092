"""Deeper checks of newton_roots."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.newton_roots.checks import STATIC, square_minus_two
from grader.toolkit import Array, Draw, Learner, check, wide


def arctangent(x: jax.Array) -> jax.Array:
    """From further than 1.39 its steps grow and grow."""
    return jnp.arctan(x)


def cubic(x: jax.Array) -> jax.Array:
    """Flat at -1 and at 1."""
    return x**3 - 3 * x + 1


def exponential(x: jax.Array) -> jax.Array:
    return jnp.exp(x) - 3


def tiny_root(x: jax.Array) -> jax.Array:
    return x**2 - 2e-14


Slopes = dict[Callable[..., Any], tuple[Callable[[Array], Array], Callable[[Array], Array]]]

# function -> the same and its derivative, in float64
IN_NUMPY: Slopes = {
    square_minus_two: (lambda x: x**2 - 2, lambda x: 2 * x),
    arctangent: (np.arctan, lambda x: 1 / (1 + x**2)),
    cubic: (lambda x: x**3 - 3 * x + 1, lambda x: 3 * x**2 - 3),
    exponential: (lambda x: np.exp(x) - 3, np.exp),
    tiny_root: (lambda x: x**2 - 2e-14, lambda x: 2 * x),
}


def newton_steps(function: Callable[..., Any], starts: Any, n_steps: int) -> Array:
    value, slope = IN_NUMPY[function]
    x = wide(starts)
    for _ in range(n_steps):
        steep = np.where(slope(x) == 0, 1, slope(x))
        x = np.where(slope(x) == 0, x, x - value(x) / steep)
    return x


@check(
    "newton_roots",
    "deeper",
    hint="x - f(x) / f'(x), n_steps times, from each start by itself: with f' exact, however far the step leads, near a root or"
    " far from one.",
)
def test_newton_roots_in_many_cases(learner: Learner, draw: Draw) -> None:
    function, far, n_steps = draw.one_of(
        (square_minus_two, 1e9, 3),
        (arctangent, 3.0, 2),
        (cubic, 100.0, 1),
        (exponential, 2.0, 2),
        (tiny_root, 1.0, 3),
    )
    size = far * 10.0 ** draw.one_of(0, -1, -3, -6)
    starts = draw.floats(4, magnitudes=(size / 10, size), special=(0.0, math.nan))
    with np.errstate(all="ignore"):
        expected, beside = (newton_steps(function, wide(starts) * by, n_steps) for by in (1.0, 1 + 1e-6))
    # A start moved by some roundings says how far roundings lead; where that is far, nothing is asked.
    moved = np.abs(beside - expected)
    if not np.all((moved < 1e-3 * np.abs(expected)) | np.isnan(expected) | (wide(starts) == 0)):
        return
    result = learner.newton_roots.jit(static_argnames=STATIC)(function, starts, n_steps)
    error = float(
        np.nanmax(np.where(np.isnan(expected), 0, moved) / np.where(expected == 0, 1, np.abs(expected)))
    )
    result.close_to(expected, rtol=1e-4 + error, atol=2e-6 * size)


@check(
    "newton_roots",
    "deeper",
    hint="A thousand steps are a thousand steps, and starts are as many as there are.",
)
def test_newton_roots_takes_all_steps(learner: Learner) -> None:
    """From 1e30 each step halves x, a hundred times and more."""
    starts = jnp.asarray(np.geomspace(1e10, 1e15, 300), jnp.float32)
    for n_steps in (20, 60):
        result = learner.newton_roots.jit(static_argnames=STATIC)(square_minus_two, starts, n_steps)
        result.close_to(newton_steps(square_minus_two, starts, n_steps), rtol=1e-4)
