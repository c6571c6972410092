"""Checks of pairwise_squared_distances."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day01_pure_functions.shared import distances_oracle
from grader.toolkit import Kind, Learner, Numbers, agrees_once, check, must_beat


def distances_double_loop(x: Any, y: Any) -> Any:
    # Indexed: to walk over an array with `for row in x` compiles a program for each length.
    return jnp.array([[float(jnp.sum((x[i] - y[j]) ** 2)) for j in range(len(y))] for i in range(len(x))])


@check(
    "pairwise_squared_distances",
    "correct",
    hint="Entry [i, j] compares row i of x with row j of y: square the differences, add them up over the "
    "features, take no root.",
)
def test_pairwise_squared_distances_by_hand(learner: Learner) -> None:
    x, y = jnp.array([[0.0, 0.0]]), jnp.array([[3.0, 4.0], [0.0, 1.0]])
    learner.pairwise_squared_distances(x, y).close_to([[25.0, 1.0]])


@check(
    "pairwise_squared_distances",
    "correct",
    hint="All differences together have the shape (n, m, d). Which axis belongs to x, which to y, and "
    "which is summed away?",
)
def test_pairwise_squared_distances_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((17, 3)), numbers.normal((2, 3))
    # |x|² + |y|² - 2 x·y is an honest way, too: it rounds at the size of |x|² and |y|², some 10 here.
    learner.pairwise_squared_distances(x, y).close_to(distances_oracle(x, y), atol=2e-5)


@check(
    "pairwise_squared_distances",
    "correct",
    hint="|x|² + |y|² - 2 x·y subtracts nearly equal numbers and rounds to either side of zero. Sum "
    "squares of differences, or clip at 0.",
)
def test_pairwise_squared_distances_is_never_negative(learner: Learner, numbers: Numbers) -> None:
    # Points close together and far from the origin: some of the rounded differences are below zero.
    for far in (50.0, 100.0, 300.0, 700.0):
        x, y = far + numbers.normal((17, 3), scale=1e-3), far + numbers.normal((2, 3), scale=1e-3)
        distances = learner.pairwise_squared_distances(x, y).finite()
        smallest = np.asarray(distances.value).min()
        distances.require(
            smallest >= 0,
            "has a negative entry",
            expected="0 or more",
            got=f"{smallest:.4g}",
            kind=Kind.VALUE,
        )


@check(
    "pairwise_squared_distances",
    "jit",
    hint="Build the result from JAX arrays; NumPy arrays cannot hold tracers.",
)
def test_pairwise_squared_distances_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 3)), numbers.normal((2, 3))) for _ in range(2)]
    agrees_once(learner.pairwise_squared_distances.jit(), calls, distances_oracle, atol=2e-5)


@check(
    "pairwise_squared_distances",
    "speed",
    hint="Each jnp call has its fixed price, and a loop pays it at every pair. Insert axes with None so "
    "that one subtraction meets all pairs.",
)
def test_pairwise_squared_distances_beats_the_double_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.pairwise_squared_distances.jit(),
        distances_double_loop,
        named="a Python double loop",
        draw=lambda size: (numbers.normal((size, 3)), numbers.normal((size, 3))),
        size=16,
        gate=100,
        numbers=numbers,
    )
