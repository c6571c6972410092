"""Checks of derivatives."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.shared import exactly
from grader.toolkit import Array, Learner, Numbers, agrees_once, check, raised, same_size_for, wide


def cube(x: jax.Array) -> jax.Array:
    return x**3


@jax.jit
def sine_and_tanh(x: jax.Array) -> jax.Array:
    """2 sin(x) + tanh(x), in a way that works for one number only."""
    return jnp.stack([jnp.sin(x), jnp.tanh(x)]) @ jnp.array([2.0, 1.0])


def sine_and_tanh_oracle(xs: Any, order: int) -> Array:
    x = wide(xs)
    t = np.tanh(x)
    s = 1 - t**2
    tanh = [t, s, -2 * t * s, (6 * t**2 - 2) * s, (16 * t - 24 * t**3) * s]
    return np.stack([2 * np.sin(x + k * np.pi / 2) + tanh[k] for k in range(order + 1)])


@check(
    "derivatives",
    "correct",
    hint="grad(f) is a function again: take its grad for the second derivative. Row 0 is f itself.",
)
def test_derivatives_by_hand(learner: Learner) -> None:
    result = learner.derivatives(cube, jnp.array([1.0, 2.0]), 2)
    mistakes = {
        "The second derivative of x³ is 6 x: asked for are the derivatives themselves, not divided by k! as in a Taylor "
        "series.": [[1.0, 8.0], [3.0, 12.0], [3.0, 6.0]]
    }
    exactly(result, [[1.0, 8.0], [3.0, 12.0], [6.0, 12.0]], mistakes=mistakes)


@check("derivatives", "correct", hint="With order 0 the values are the only row.")
def test_derivatives_of_order_zero(learner: Learner) -> None:
    learner.derivatives(cube, jnp.array([1.0, 2.0]), 0).close_to([[1.0, 8.0]])


@check(
    "derivatives",
    "correct",
    hint="`function` knows what to do with one number, and not with all of xs at once. Let vmap bring the points one by one, "
    "to it and to its derivatives.",
    answers=raised("TypeError", "ValueError"),
)
def test_derivatives_takes_functions_of_one_number(learner: Learner) -> None:
    xs = jnp.array([0.0, 0.5, -1.0])
    exactly(learner.derivatives(sine_and_tanh, xs, 2), sine_and_tanh_oracle(xs, 2))


@check("derivatives", "correct", hint="Where tanh is saturated it is flat: its derivatives are 0 there.")
def test_derivatives_where_tanh_is_saturated(learner: Learner) -> None:
    xs = jnp.array([0.0, 50.0, -50.0])
    exactly(learner.derivatives(sine_and_tanh, xs, 2).finite(), sine_and_tanh_oracle(xs, 2))


def root(x: jax.Array) -> jax.Array:
    return jnp.sqrt(x)


@check("derivatives", "correct", hint="An infinite derivative is a result, too: patch nothing up.")
def test_derivatives_mends_nothing(learner: Learner) -> None:
    result = learner.derivatives(root, jnp.array([0.0, 4.0]), 1)
    slopes = np.asarray(result.value[1])
    infinite = "inf, the slope of the root at 0"
    result.require(not np.isfinite(slopes[0]), "is wrong at index (1, 0)", expected=infinite, got=slopes[0])


@check("derivatives", "jit", hint="Function and order are static, the points are data: vmap takes them all.")
def test_derivatives_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.derivatives.jit(static_argnames=("function", "order"))
    calls = [(sine_and_tanh, numbers.normal(5), 4) for _ in range(3)]
    # The fourth derivative of tanh is a difference of terms of size 20.
    agrees_once(handle, calls, lambda _, xs, order: sine_and_tanh_oracle(xs, order), by=exactly, atol=1e-4)


@check("derivatives", "jit", hint="A Python loop over points is written out. vmap makes one program for all.")
def test_derivatives_has_no_python_loop(learner: Learner) -> None:
    handle = learner.derivatives.jit(static_argnames=("function", "order"))
    same_size_for(handle, (cube, jnp.zeros(8), 2), (cube, jnp.zeros(16), 2))
