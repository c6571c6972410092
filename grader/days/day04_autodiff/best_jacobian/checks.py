"""Checks of best_jacobian."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from grader.days.day04_autodiff.shared import (
    Function,
    exactly,
    slope,
)
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    agrees_once,
    check,
    hint_when,
    largest_value_at_most,
    must_beat,
    raised,
    same_size_for,
    wide,
)

# ---- which way derivatives go

passes_in_reverse: list[str] = []  # one entry for each time that `seen_in_reverse` is transposed

_seen = Primitive("seen_in_reverse")
_seen.def_impl(lambda x: x)
_seen.def_abstract_eval(lambda x: x)
batching.primitive_batchers[_seen] = lambda arrays, axes: (_seen.bind(*arrays), axes[0])
mlir.register_lowering(_seen, lambda context, x: [x])


def _transposed(cotangent: Any, x: Any) -> list[Any]:
    passes_in_reverse.append("transposed")
    return [cotangent]


ad.deflinear2(_seen, _transposed)


def seen_in_reverse(x: jax.Array) -> jax.Array:
    """The same array. Reverse mode transposes what it goes through, and forward mode does not: so both can be told."""
    same: jax.Array = _seen.bind(x)
    return same


@jax.jit
def squares_and_fives(x: jax.Array) -> jax.Array:
    return jnp.concatenate([x**2, 5 * x])


@jax.jit
def paired_products(x: jax.Array) -> jax.Array:
    half = x.size // 2
    return x[:half] * x[half:]


@functools.cache
def curve_of(n_points: int) -> Function:
    """A curve of three parameters, seen at many points: a tall Jacobian."""

    def curve(x: jax.Array) -> jax.Array:
        times = jnp.arange(n_points) / n_points
        return x[0] * jnp.exp(-x[1] * times) + x[2]

    return curve


def curve_oracle(x: Any, n_points: int) -> Array:
    def curve(x: Array) -> Array:
        return np.asarray(x[0] * np.exp(-x[1] * np.arange(n_points) / n_points) + x[2])

    return np.stack([slope(curve, wide(x), direction) for direction in np.eye(3)], axis=1)


def three_sums(x: jax.Array) -> jax.Array:
    """A wide Jacobian."""
    return jnp.stack([jnp.sum(jnp.sin(x)), jnp.sum(x[1:] * x[:-1]), jnp.sum(x**2)])


def three_sums_oracle(x: Any) -> Array:
    def three_sums(x: Array) -> Array:
        return np.array([np.sin(x).sum(), (x[1:] * x[:-1]).sum(), (x**2).sum()])

    return np.stack([slope(three_sums, wide(x), direction) for direction in np.eye(x.size)], axis=1)


NOT_GRAD = (
    "`function` takes all of x and has many outputs: grad is for a single one, and a vmap over x hands over one number of it. "
    "jax.jacfwd and jax.jacrev differentiate all outputs by all inputs."
)


@check("best_jacobian", "correct", hint="Row i belongs to output i, column j to input j.")
def test_best_jacobian_by_hand(learner: Learner) -> None:
    expected = [[6.0, 0.0], [0.0, 8.0], [5.0, 0.0], [0.0, 5.0]]
    # What says so is the function, which was given a number, or grad, which was given several.
    for_grad = raised(text="Zero-dimensional arrays|scalar-output functions")
    with hint_when(for_grad, NOT_GRAD):
        result = learner.best_jacobian(squares_and_fives, jnp.array([3.0, 4.0]))
    exactly(result, expected)


@check("best_jacobian", "correct", hint="A wide Jacobian has the shape (m, n), too: outputs first.")
def test_best_jacobian_of_a_wide_function(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0, 3.0, 4.0])
    exactly(learner.best_jacobian(paired_products, x), [[3.0, 0.0, 1.0, 0.0], [0.0, 4.0, 0.0, 2.0]])


@check("best_jacobian", "jit", hint="The function is static, and so is the number of its outputs.")
def test_best_jacobian_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    calls: list[Any] = [(curve_of(65), numbers.normal(3)) for _ in range(2)]
    agrees_once(handle, calls, lambda _, x: curve_oracle(x, 65), by=exactly)
    calls = [(three_sums, numbers.normal(65)) for _ in range(2)]
    agrees_once(handle, calls, lambda _, x: three_sums_oracle(x), by=exactly)


@check(
    "best_jacobian",
    "jit",
    hint="65 outputs, 3 inputs: reverse mode needs 65 passes, and forward mode 3. jax.eval_shape tells the number of "
    "outputs and computes nothing.",
)
def test_best_jacobian_goes_forward_when_tall(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    largest_value_at_most(handle, 4 * 65 * 3, (curve_of(65), jnp.ones(3)))


@check(
    "best_jacobian",
    "jit",
    hint="3 outputs, 65 inputs: forward mode needs 65 passes, and reverse mode 3. jax.eval_shape tells the number of "
    "outputs and computes nothing.",
)
def test_best_jacobian_goes_in_reverse_when_wide(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    largest_value_at_most(handle, 4 * 3 * 65, (three_sums, jnp.ones(65)))


@check("best_jacobian", "jit", hint="jacfwd and jacrev send all directions through at once, with vmap.")
def test_best_jacobian_has_no_python_loop(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    same_size_for(handle, (paired_products, jnp.ones(8)), (paired_products, jnp.ones(16)))
    same_size_for(handle, (squares_and_fives, jnp.ones(4)), (squares_and_fives, jnp.ones(8)))


@check(
    "best_jacobian",
    "jit",
    hint="Forward mode where there are more outputs than inputs, reverse mode where there are fewer, by one as by a hundred: "
    "compare m with n itself.",
)
def test_best_jacobian_tells_tall_from_wide(learner: Learner) -> None:
    handle = learner.best_jacobian.jit(static_argnames="function")
    n = 6
    for m, wanted in ((n + 1, "forward mode"), (n - 1, "reverse mode")):
        weights = jnp.asarray(np.sin(np.arange(m * n)).reshape(m, n), jnp.float32)

        def mixed(x: jax.Array, weights: jax.Array = weights) -> jax.Array:
            return weights @ seen_in_reverse(jnp.sin(x))

        passes_in_reverse.clear()
        program = handle.program(mixed, jnp.ones(n))
        mode = "reverse mode" if passes_in_reverse else "forward mode"
        Called(program.call, None).require(
            mode == wanted,
            f"takes the dearer way for {m} outputs of {n} inputs",
            expected=wanted,
            got=mode,
        )


@functools.partial(jax.jit, static_argnums=0)
def by_reverse_mode(function: Function, x: jax.Array) -> jax.Array:
    return jnp.asarray(jax.jacrev(function)(x))


@functools.partial(jax.jit, static_argnums=0)
def by_forward_mode(function: Function, x: jax.Array) -> jax.Array:
    return jnp.asarray(jax.jacfwd(function)(x))


@check("best_jacobian", "speed", hint="A tall Jacobian is cheap column by column: forward mode.")
def test_best_jacobian_beats_reverse_mode_when_tall(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.best_jacobian.jit(static_argnames="function"),
        by_reverse_mode,
        named="reverse mode",
        draw=lambda size: (curve_of(size), numbers.normal(3)),
        size=2048,
        gate=80,
        numbers=numbers,
    )


@check("best_jacobian", "speed", hint="A wide Jacobian is cheap row by row: reverse mode.")
def test_best_jacobian_beats_forward_mode_when_wide(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.best_jacobian.jit(static_argnames="function"),
        by_forward_mode,
        named="forward mode",
        draw=lambda size: (three_sums, numbers.normal(size)),
        size=2048,
        gate=80,
        numbers=numbers,
    )
