"""Checks of laplacian."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.shared import chain, exactly, knot, sum_of_cubes
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    largest_value_at_most,
    same_size_for,
    wide,
)


@jax.jit
def potential(x: jax.Array) -> jax.Array:
    """1 / |x|: harmonic in three dimensions."""
    return 1 / jnp.sqrt(jnp.sum(x**2))


def knot_laplacian_oracle(x: Any) -> Array:
    x = wide(x)
    pairs = x[1:] * x[:-1]
    return np.asarray(-np.sum(np.sin(pairs) * (x[1:] ** 2 + x[:-1] ** 2)) - x.size * np.sin(x.sum()))


@check(
    "laplacian",
    "correct",
    hint="Second derivatives in each coordinate by itself, summed: the trace of the Hessian.",
)
def test_laplacian_by_hand(learner: Learner) -> None:
    exactly(learner.laplacian(sum_of_cubes, jnp.array([1.0, 2.0, 4.0])), 42.0)


@check(
    "laplacian",
    "correct",
    hint="1 / |x| is harmonic in three dimensions. Sum the Hessian's diagonal and no other entry.",
)
def test_laplacian_of_a_harmonic_function(learner: Learner) -> None:
    # Terms of size 1 cancel, each with its roundings.
    learner.laplacian(potential, jnp.array([1.0, -0.5, 0.75])).close_to(0.0, atol=1e-5)


@check(
    "laplacian",
    "correct",
    hint="This is Σ sin(x[i] x[i+1]) + sin(Σ x[i]). Only ∂²/∂x[i]² counts, never ∂²/∂x[i]∂x[j].",
)
def test_laplacian_agrees_with_the_closed_form(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x = numbers.normal(17)
        exactly(learner.laplacian(knot, x), knot_laplacian_oracle(x), atol=1e-4)  # 49 terms that cancel


@check("laplacian", "jit", hint="The function is static, x is data.")
def test_laplacian_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.laplacian.jit(static_argnames="function")
    calls = [(knot, numbers.normal(17)) for _ in range(3)]
    agrees_once(handle, calls, lambda _, x: knot_laplacian_oracle(x), by=exactly, atol=1e-4)


@check(
    "laplacian",
    "jit",
    hint="jax.hessian is n x n, and so are jnp.eye(n) and a vmap over all directions. Take one direction at a time, in "
    "a loop from jax.lax, and make it there.",
)
def test_laplacian_never_builds_the_matrix(learner: Learner) -> None:
    n = 65
    handle = learner.laplacian.jit(static_argnames="function")
    largest_value_at_most(handle, 8 * n, (chain, jnp.ones(n)))


@check(
    "laplacian", "jit", hint="A Python loop over coordinates is written out; lax.map or lax.fori_loop is not."
)
def test_laplacian_has_no_python_loop(learner: Learner) -> None:
    handle = learner.laplacian.jit(static_argnames="function")
    same_size_for(handle, (chain, jnp.ones(16)), (chain, jnp.ones(32)))
