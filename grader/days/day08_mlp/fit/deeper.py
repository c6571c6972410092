"""Deeper checks of fit."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.fit.checks import STATIC
from grader.days.day08_mlp.shared import (
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
    "fit",
    "deeper",
    hint="Every step takes p - learning_rate · gradient, and every loss is that before its step.",
)
def test_fit_in_many_cases(learner: Learner, draw: Draw) -> None:
    n_steps, shape = draw.one_of((1, (2,)), (2, (3,)), (4, (4,)), (7, (2, 1)))
    tree = {"w": draw.floats(shape, magnitudes=(1e-4, 1e4), special=(0.0,))}
    rate = draw.floats((), low=-1.0, high=3.0, special=(0.0, 1.0, 2.0))
    handle = learner.fit.jit(static_argnames=STATIC)
    called = handle(tree, *no_data(), rate, n_steps, half_of_all_squares)
    factor, start = 1 - float(rate), float(np.sum(wide(tree["w"]) ** 2)) / 2
    # 1 - rate is rounded as rates of size 3 are, in each step.
    error = 4e-7 * n_steps * (abs(factor) + 1e-7) ** (n_steps - 1)
    largest = float(np.abs(wide(tree["w"])).max())
    called[0].close_to({"w": factor**n_steps * wide(tree["w"])}, atol=error * largest + 1e-30)
    losses = start * factor ** (2 * np.arange(n_steps))
    called[1].close_to(
        losses,
        rtol=1e-4,
        atol=1e-5 * start * max(1.0, abs(factor)) ** (2 * n_steps - 2) * abs(factor) + 1e-12 * start,
    )


@check("fit", "deeper", hint="As many steps as are asked for, and a loss for each of them.")
def test_fit_goes_on_and_on(learner: Learner) -> None:
    handle = learner.fit.jit(static_argnames=STATIC)
    n_steps, rate = 1300, 1 / 512
    called = handle(
        {"w": jnp.array([3.0, -5.0])}, *no_data(), jnp.float32(rate), n_steps, half_of_all_squares
    )
    called[0].close_to({"w": (1 - rate) ** n_steps * np.array([3.0, -5.0])}, rtol=1e-3)
    called[1].close_to(17 * (1 - rate) ** (2 * np.arange(n_steps)), rtol=1e-3)


@check("fit", "deeper", hint="A NaN goes on through all steps; nobody hides it.")
def test_fit_lets_a_nan_pass(learner: Learner) -> None:
    handle = learner.fit.jit(static_argnames=STATIC)
    called = handle({"w": jnp.array([math.nan, 8.0])}, *no_data(), jnp.float32(0.5), 3, half_of_all_squares)
    called[0].close_to({"w": [math.nan, 1.0]})
    called[1].close_to([math.nan] * 3)
    called = handle({"w": jnp.array([4.0, 8.0])}, *no_data(), jnp.float32(math.nan), 3, half_of_all_squares)
    called[0].close_to({"w": [math.nan] * 2})
    called[1].close_to([40.0, math.nan, math.nan])


@check("fit", "deeper", hint="All steps can be differentiated: nothing may stop the gradient.")
def test_fit_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    params, x, y = drawn_problem(numbers)

    def run(params: Any, rate: Any) -> Any:
        return learner.fit.function(params, x, y, rate, 3, network_loss)

    handle = learner.fit.derive("fit of a network in 3 steps", run)
    for wrt in (0, 1):
        slope_agrees(
            handle,
            lambda params, rate: descent_oracle(params, x, y, rate, 3),
            params,
            jnp.float32(0.1),
            wrt=wrt,
            forward=True,
        )


@check(
    "fit",
    "deeper",
    hint="Data, parameters and gradients count as they are, tiny ones and huge ones: clip, round and replace nothing.",
)
def test_fit_leaves_numbers_as_they_are(learner: Learner) -> None:
    handle, (params, x, y) = learner.fit.jit(static_argnames=STATIC), scored()
    expected = {"x": -0.5 * wide(x), "y": -0.5 * wide(y)}
    losses = [0.0, -0.25 * float(wide(x) @ wide(x) + wide(y) @ wide(y))]
    handle(params, x, y, jnp.float32(0.25), 2, score).close_to((expected, np.array(losses)), atol=0.0)
    small = {"x": jnp.array([1e-6, -3e-6])}
    called = handle(small, *no_data(), jnp.float32(0.5), 2, half_of_all_squares)
    called.close_to(({"x": 0.25 * wide(small["x"])}, np.array([5e-12, 1.25e-12])), atol=0.0)
