"""Checks of hessian_vector_product."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.shared import (
    Function,
    chain,
    exactly,
    knot,
    slope,
    sum_of_cubes,
)
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    largest_value_at_most,
    must_beat,
    same_size_for,
    wide,
)


def knot_gradient(x: Array) -> Array:
    """The gradient of `knot`, worked out by hand."""
    slopes = np.cos(x[1:] * x[:-1])
    gradient = np.zeros_like(x)
    gradient[:-1] += slopes * x[1:]
    gradient[1:] += slopes * x[:-1]
    return np.asarray(gradient + np.cos(x.sum()))


def plane(x: jax.Array) -> jax.Array:
    return jnp.sum(3 * x)


def knot_product_oracle(x: Any, v: Any) -> Array:
    return slope(knot_gradient, wide(x), wide(v))


@check(
    "hessian_vector_product",
    "correct",
    hint="H v is the derivative of the gradient along v. What gives a derivative along a direction?",
)
def test_hessian_vector_product_by_hand(learner: Learner) -> None:
    x, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, 0.0, -1.0])
    mistakes = {
        "That is the gradient itself. Asked for is its derivative along v: jax.jvp gives a pair, the value and the derivative.": [
            3.0,
            12.0,
            27.0,
        ],
    }
    exactly(learner.hessian_vector_product(sum_of_cubes, x, v), [6.0, 0.0, -18.0], mistakes=mistakes)


@check(
    "hessian_vector_product",
    "correct",
    hint="This is Σ sin(x[i] x[i+1]) + sin(Σ x[i]): its Hessian has entries everywhere, not on the diagonal alone.",
)
def test_hessian_vector_product_agrees_with_differences(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x, v = numbers.normal(17), numbers.normal(17)
        # Terms of size 20 that may cancel.
        exactly(learner.hessian_vector_product(knot, x, v), knot_product_oracle(x, v), atol=1e-4)


@check(
    "hessian_vector_product", "correct", hint="A linear function has Hessian 0, and so has v = 0 no product."
)
def test_hessian_vector_product_is_zero_where_it_must(learner: Learner) -> None:
    x, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([1.0, 0.0, -1.0])
    learner.hessian_vector_product(plane, x, v).close_to([0.0, 0.0, 0.0])
    learner.hessian_vector_product(sum_of_cubes, x, jnp.zeros(3)).close_to([0.0, 0.0, 0.0])


@check("hessian_vector_product", "jit", hint="The function is static; x and v are data.")
def test_hessian_vector_product_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    calls = [(knot, numbers.normal(17), numbers.normal(17)) for _ in range(3)]
    agrees_once(handle, calls, lambda _, x, v: knot_product_oracle(x, v), by=exactly, atol=1e-4)


@check(
    "hessian_vector_product",
    "jit",
    hint="jax.hessian is n x n. Push v through the gradient instead: jax.jvp of a function multiplies its Jacobian "
    "with v and never makes it.",
)
def test_hessian_vector_product_never_builds_the_matrix(learner: Learner) -> None:
    n = 65
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    largest_value_at_most(handle, 8 * n, (chain, jnp.ones(n), jnp.ones(n)))


@check("hessian_vector_product", "jit", hint="One pass gives all entries; a Python loop is written out.")
def test_hessian_vector_product_has_no_python_loop(learner: Learner) -> None:
    handle = learner.hessian_vector_product.jit(static_argnames="function")
    small, large = ((chain, jnp.ones(n), jnp.ones(n)) for n in (8, 17))
    same_size_for(handle, small, large)


@functools.partial(jax.jit, static_argnums=0)
def whole_hessian_times(function: Function, x: jax.Array, v: jax.Array) -> jax.Array:
    return jnp.dot(jax.hessian(function)(x), v)


@check(
    "hessian_vector_product",
    "speed",
    hint="One product costs about as much as one gradient. Row by row it costs n of them.",
)
def test_hessian_vector_product_beats_the_hessian(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.hessian_vector_product.jit(static_argnames="function"),
        whole_hessian_times,
        named="the whole Hessian, times v",
        draw=lambda size: (chain, numbers.normal(size), numbers.normal(size)),
        size=2048,
        gate=80,
        numbers=numbers,
    )
