"""Checks of newton_roots."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    must_beat,
    same_size_for,
    wide,
)

STATIC = ("function", "n_steps")


def square_minus_two(x: jax.Array) -> jax.Array:
    """For one number only, as the docstring says."""
    if jnp.shape(x):
        raise TypeError("square_minus_two takes one number at a time, and was given a whole array.")
    return x**2 - 2


def newton_oracle(starts: Any, n_steps: int) -> Array:
    """On square_minus_two; a start at 0 stays there, for the slope is 0."""
    roots = wide(starts)
    for i, x in enumerate(roots):
        for _ in range(n_steps):
            x = x - (x**2 - 2) / (2 * x) if x else x
        roots[i] = x
    return roots


@check(
    "newton_roots",
    "correct",
    hint="value_and_grad gives f(x) and f'(x) for one number; step with x - f(x) / f'(x), and vmap over the starts.",
)
def test_newton_roots_by_hand(learner: Learner) -> None:
    starts = jnp.array([1.0, -1.0, 2.0])  # 1 and 2 both step to 1.5
    roots = learner.newton_roots(square_minus_two, starts, 2)
    roots.close_to([17 / 12, -17 / 12, 17 / 12], hint=newton_mistake(roots.value, starts))


def newton_mistake(roots: Any, starts: jax.Array) -> str | None:
    """What is known of wrong roots after two steps on square_minus_two."""
    if getattr(roots, "shape", None) != starts.shape:
        return None
    # Three steps are not far from two: told_by would take the one for the other.
    if np.allclose(roots, newton_oracle(starts, 3), rtol=1e-5, atol=0):
        return "That is where a third step leads, and n_steps is 2: from 1 to 1.5, and on to 1.4167. Count the steps."
    if np.allclose(roots, newton_oracle(starts, 1), rtol=1e-5, atol=0):
        return "That is where one step leads, and n_steps is 2: from 1 to 1.5, and on to 1.4167. Count the steps."
    if np.allclose(roots, newton_oracle(starts, 2), rtol=1e-3, atol=0):
        return (
            "This is near, and no rounding. Divide by f'(x) as it is: is something added to the slope, or is it a difference of "
            "two values?"
        )
    return None


@check(
    "newton_roots",
    "correct",
    hint="Where the slope is 0 the step would be a division by zero. x stays there: jnp.where picks, for each start.",
)
def test_newton_roots_stays_where_it_is_flat(learner: Learner) -> None:
    starts = jnp.array([0.0, 1.0, -1.0])
    learner.newton_roots(square_minus_two, starts, 2).close_to(newton_oracle(starts, 2))


def tiny_parabola(x: jax.Array) -> jax.Array:
    """Its slopes are some 1e-20, and it crosses zero where x² - 2 does."""
    return 1e-20 * (x**2 - 2)


@check(
    "newton_roots",
    "correct",
    hint="This slope is small, and no 0: the step is as good as any other. x stays only where f'(x) == 0, not where it is "
    "near 0.",
)
def test_newton_roots_goes_on_where_it_is_nearly_flat(learner: Learner) -> None:
    starts = jnp.array([1.0, -1.0, 2.0])
    roots = compiled_if_possible(learner.newton_roots, tiny_parabola, starts, 2, static=STATIC)
    roots.close_to([17 / 12, -17 / 12, 17 / 12])


@check("newton_roots", "correct", hint="No steps: the starts come back.")
def test_newton_roots_takes_no_step(learner: Learner, numbers: Numbers) -> None:
    starts = numbers.uniform(1.0, 3.0, 3)
    learner.newton_roots(square_minus_two, starts, 0).close_to(np.asarray(starts))


@check(
    "newton_roots",
    "correct",
    hint="A step is as long as f(x) / f'(x) says, here 500,000: no bound, no damping. And the slope is the derivative itself; a"
    " difference of values a little apart is 0 so far out.",
)
def test_newton_roots_takes_long_steps(learner: Learner) -> None:
    starts = jnp.array([1e6, -1e6, 1e-6, 2.0])
    roots = compiled_if_possible(learner.newton_roots, square_minus_two, starts, 3, static=STATIC)
    roots.close_to(newton_oracle(starts, 3))


@check(
    "newton_roots", "jit", hint="The starts are data, and each goes its own way: no branch on their values."
)
def test_newton_roots_compiles_once(learner: Learner, numbers: Numbers) -> None:
    def starts() -> jax.Array:
        return jnp.append(numbers.uniform(0.5, 3.0, 3), 0.0)

    handle = learner.newton_roots.jit(static_argnames=STATIC)
    calls = [(square_minus_two, starts(), 3) for _ in range(3)]
    agrees_once(handle, calls, lambda _, at, n_steps: newton_oracle(at, n_steps))


@check(
    "newton_roots",
    "jit",
    hint="A Python loop over steps is written out, step by step. lax.fori_loop keeps one copy of the body.",
)
def test_newton_roots_has_no_python_loop_over_steps(learner: Learner) -> None:
    handle, starts = learner.newton_roots.jit(static_argnames=STATIC), jnp.ones(4)
    same_size_for(handle, (square_minus_two, starts, 4), (square_minus_two, starts, 8))


@functools.partial(jax.jit, static_argnums=0)
def newton_step(function: Callable[..., Any], x: jax.Array) -> Any:
    value, slope = jax.value_and_grad(function)(x)
    return x - value / slope


def newton_loop(function: Callable[..., Any], starts: jax.Array, n_steps: int) -> jax.Array:
    roots = []
    for i in range(len(starts)):
        x = starts[i]
        for _ in range(n_steps):
            x = newton_step(function, x)
        roots.append(float(x))
    return jnp.asarray(roots)


@check(
    "newton_roots",
    "speed",
    hint="Write the steps for one start, with lax.fori_loop, and lift them over all starts with vmap: one program.",
)
def test_newton_roots_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.newton_roots.jit(static_argnames=STATIC),
        newton_loop,
        named="a Python loop of compiled steps",
        draw=lambda size: (square_minus_two, numbers.uniform(0.5, 3.0, size), 20),
        size=64,
        gate=100,
        numbers=numbers,
    )
