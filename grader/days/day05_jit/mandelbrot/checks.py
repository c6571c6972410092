"""Checks of mandelbrot."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Called,
    Finding,
    Kind,
    Learner,
    Numbers,
    Pattern,
    WrongAnswer,
    agrees_once,
    check,
    hint_when,
    largest_value_at_most,
    looks_like,
    must_beat,
    same_size_for,
    told_by,
)


def escape_oracle(c: Any, n_iterations: int) -> Array:
    c = np.asarray(c, np.complex128)
    counts = np.zeros(c.shape, np.int64)
    for place, point in np.ndenumerate(c):
        z = 0j
        for _ in range(n_iterations):
            z = z * z + point
            if abs(z) > 2:
                break
            counts[place] += 1
    return counts


def clear_points(numbers: Numbers, shape: tuple[int, int], n_iterations: int) -> jax.Array:
    """Points whose neighbours at a distance of 1e-4 all have their count: rounding changes it for none of them."""
    real, imaginary = np.asarray(numbers.uniform(-2.2, 0.8, 400)), np.asarray(numbers.uniform(-1.3, 1.3, 400))
    c = (real + 1j * imaginary).astype(np.complex64)
    counts = escape_oracle(c, n_iterations)
    same = [escape_oracle(c + shift, n_iterations) == counts for shift in (1e-4, -1e-4, 1e-4j, -1e-4j)]
    return jnp.asarray(c[np.all(same, axis=0)][: shape[0] * shape[1]].reshape(shape))


# The last two rows lie just within and just without the circle.
BY_HAND = ((0, 1, 2 + 2j), (-2, 1j, 2), (1.99, 1.41 + 1.41j, 1.99j), (-2.01, 1.42 - 1.42j, -2.01j))


def counts_by_hand(n_iterations: int) -> list[list[int]]:
    n = n_iterations
    return [[n, 2, 0], [n, n, 1], [1, 1, 1], [0, 0, 0]]


def grid_by_hand() -> jax.Array:
    return jnp.asarray(np.array(BY_HAND, np.complex64))


@check(
    "mandelbrot",
    "correct",
    hint="First z = z² + c, then count it if |z| <= 2. c = 1 goes 1, 2, 5: two of them lie within.",
)
def test_mandelbrot_by_hand(learner: Learner) -> None:
    result = learner.mandelbrot(grid_by_hand(), 5)
    in_a_square = [[5, 2, 1], [5, 5, 1], [1, 1, 1], [0, 1, 0]]
    mistakes = {"|z| is √(re² + im²), which jnp.abs gives: within lies a circle, not a square.": in_a_square}
    result.equals(counts_by_hand(5), hint=told_by(result.value, mistakes))


@check(
    "mandelbrot",
    "correct",
    hint="A point far outside becomes inf and then nan, and nan > 2 is False. Ask which points are within, not which "
    "are out.",
)
def test_mandelbrot_counts_no_nan(learner: Learner) -> None:
    few_bits = "A count may be as large as n_iterations: count in int32."
    no_limit = (
        "As many iterations as n_iterations says: there is no upper limit, neither to them nor to the counts."
    )
    with hint_when(looks_like(Pattern.WRAPPED), few_bits), hint_when(looks_like(Pattern.CLIPPED), no_limit):
        learner.mandelbrot(grid_by_hand(), 3000).equals(counts_by_hand(3000))


@check("mandelbrot", "correct", hint="Each point is counted by itself, and z is a complex number.")
def test_mandelbrot_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    c = clear_points(numbers, (3, 5), 12)
    learner.mandelbrot(c, 12).equals(escape_oracle(c, 12))


@check("mandelbrot", "jit", hint="No Python branch on what has escaped: count all points, every time.")
def test_mandelbrot_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(clear_points(numbers, (3, 5), 12), 12) for _ in range(2)]
    agrees_once(learner.mandelbrot.jit(static_argnums=1), calls, escape_oracle, by=Called.equals)


@check(
    "mandelbrot",
    "jit",
    hint="range(n) under jit copies its body n times into the program. lax.fori_loop and lax.scan write it once.",
)
def test_mandelbrot_has_no_python_loop(learner: Learner) -> None:
    same_size_for(learner.mandelbrot.jit(static_argnums=1), (grid_by_hand(), 10), (grid_by_hand(), 40))


@check(
    "mandelbrot",
    "jit",
    hint="Carry z and the counts through the loop, and let it collect nothing else.",
)
def test_mandelbrot_keeps_no_history(learner: Learner) -> None:
    c = jnp.zeros((5, 9), jnp.complex64)  # larger than the number of iterations, over which one may count
    largest_value_at_most(learner.mandelbrot.jit(static_argnums=1), 4 * c.size, (c, 40))


def iterate_eagerly(c: jax.Array, n_iterations: int) -> jax.Array:
    z, counts = jnp.zeros_like(c), jnp.zeros(c.shape, jnp.int32)
    for _ in range(n_iterations):
        z = z * z + c
        counts = counts + (jnp.abs(z) <= 2)
    return counts


def same_counts(text: str, result: Any, wanted: Any) -> None:
    """Near the edge of the set one rounding changes a count by hundreds: nearly all must agree."""
    differ = int(np.sum(np.asarray(result) != np.asarray(wanted)))
    if differ > wanted.size // 20:
        complaint = "differs from the same steps one by one"
        raise WrongAnswer(Finding(complaint, Kind.VALUE, text, differ=differ, of=int(wanted.size)))


def points(numbers: Numbers, shape: tuple[int, int]) -> jax.Array:
    real, imaginary = np.asarray(numbers.uniform(-2.2, 0.8, shape)), np.asarray(numbers.uniform(-1, 1, shape))
    return jnp.asarray((real + 1j * imaginary).astype(np.complex64))


@check(
    "mandelbrot",
    "speed",
    hint="One compiled loop, and each iteration goes on from the z before it: n steps for n iterations.",
)
def test_mandelbrot_beats_eager_steps(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.mandelbrot.jit(static_argnums=1),
        iterate_eagerly,
        named="the same steps without jit",
        draw=lambda size: (points(numbers, (32, 32)), size),
        size=400,
        gate=10,
        agree=same_counts,
        numbers=numbers,
    )
