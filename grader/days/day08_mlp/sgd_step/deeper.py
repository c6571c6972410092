"""Deeper checks of sgd_step."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import (
    Pair,
    descent_oracle,
    drawn_problem,
    half_of_all_squares,
    network_loss,
    no_data,
    score,
    scored,
)
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "sgd_step",
    "deeper",
    hint="Each leaf minus learning_rate times its own gradient, whatever its shape and its size.",
)
def test_sgd_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((2,), (2, 2), (1, 2, 1, 2))
    special = draw.one_of((), (-0.0, 0.0), (math.nan, math.inf))
    leaves = (
        draw.floats(shape, magnitudes=(1e-4, 1e4), special=special),
        draw.floats((3,), magnitudes=(1e-4, 1e4)),
    )
    tree: Any = {"a": [leaves[0], None], "b": Pair(leaves[1], ())}
    rate = draw.floats((), magnitudes=(1e-3, 10.0), low=0)
    called = learner.sgd_step.jit(static_argnames="loss")(tree, *no_data(), rate, half_of_all_squares)
    with np.errstate(invalid="ignore"):  # an infinity minus an infinity
        expected = jax.tree.map(lambda leaf: wide(leaf) - float(rate) * wide(leaf), tree)
    largest = float(np.nanmax(np.where(np.isfinite(wide(leaves[0])), np.abs(wide(leaves[0])), 0), initial=0))
    largest = max(largest, float(np.abs(wide(leaves[1])).max())) * (1 + float(rate))
    total = sum(float(np.sum(wide(leaf) ** 2)) for leaf in leaves) / 2
    called.close_to((expected, np.array(total)), atol=1e-6 * largest)


@check("sgd_step", "deeper", hint="Every leaf takes its step, however many there are.")
def test_sgd_step_takes_many_leaves(learner: Learner, numbers: Numbers) -> None:
    tree = [numbers.normal(2) for _ in range(130)]
    called = learner.sgd_step.jit(static_argnames="loss")(
        tree, *no_data(), jnp.float32(0.25), half_of_all_squares
    )
    called[0].close_to([0.75 * wide(leaf) for leaf in tree])


@check("sgd_step", "deeper", hint="A step can be differentiated itself: nothing may stop the gradient.")
def test_sgd_step_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    params, x, y = drawn_problem(numbers)

    def step(params: Any, rate: Any) -> Any:
        return learner.sgd_step.function(params, x, y, rate, network_loss)

    def oracle(params: Any, rate: Any) -> Any:
        after, losses = descent_oracle(params, x, y, rate, 1)
        return after, losses[0]

    handle = learner.sgd_step.derive("sgd_step of a network", step)
    for wrt in (0, 1):
        slope_agrees(handle, oracle, params, jnp.float32(0.1), wrt=wrt, forward=True)


@check(
    "sgd_step",
    "deeper",
    hint="Data, parameters and gradients count as they are, tiny ones, huge ones and NaN: clip, round and replace nothing.",
)
def test_sgd_step_leaves_numbers_as_they_are(learner: Learner) -> None:
    handle, (params, x, y) = learner.sgd_step.jit(static_argnames="loss"), scored()
    expected = {"x": -0.5 * wide(x), "y": -0.5 * wide(y)}
    handle(params, x, y, jnp.float32(0.5), score).close_to((expected, np.array(0.0)), atol=0.0)
    expected["y"][1] = math.nan
    y = y.at[1].set(jnp.nan)
    handle(params, x, y, jnp.float32(0.5), score).close_to((expected, np.array(math.nan)), atol=0.0)
    small = {"x": jnp.array([1e-6, -3e-6])}
    called = handle(small, *no_data(), jnp.float32(0.25), half_of_all_squares)
    called.close_to(({"x": 0.75 * wide(small["x"])}, np.array(5e-12)), atol=0.0)
