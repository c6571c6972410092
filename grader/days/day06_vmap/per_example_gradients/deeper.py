"""Deeper checks of per_example_gradients."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import (
    ATOL,
    image_gradients,
    image_loss,
    linear_problem,
    squared_error,
    squared_error_gradients,
)
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "per_example_gradients",
    "deeper",
    hint="Each leaf gets a batch axis in front, whatever is in the tree and in x; and the loss sees x[i] in its own shape: an "
    "image, a vector or a number.",
)
def test_per_example_gradients_takes_images_and_trees(learner: Learner, draw: Draw) -> None:
    batch, features = draw.one_of((3, (2, 4)), (4, ()), (2, (2,)), (5, (3, 1, 2)))
    x, y = draw.floats((batch, *features), low=-2.0, high=2.0), draw.integers((batch,), 0, 3)
    params = {
        "scale": draw.floats((), low=-3.0, high=3.0),
        "rest": (draw.floats((4, 2), low=-2.0, high=2.0), None),
    }
    handle = learner.per_example_gradients.jit(static_argnames="loss")
    handle(image_loss, params, x, y).close_to(image_gradients(params, x, y), atol=10 * ATOL)


@check("per_example_gradients", "deeper", hint="Gradients are as large or as small as the loss makes them.")
def test_per_example_gradients_at_any_scale(learner: Learner, draw: Draw) -> None:
    batch = draw.one_of(2, 3, 4)  # as many as features, too
    params = {"w": draw.floats((2,), magnitudes=(1e-4, 1e4)), "b": draw.floats((), magnitudes=(1e-4, 1e4))}
    x, y = draw.floats((batch, 2), magnitudes=(1e-4, 1e4)), draw.floats((batch,), magnitudes=(1e-4, 1e4))
    terms = np.abs(wide(x)) @ np.abs(wide(params["w"])) + abs(float(params["b"])) + np.abs(wide(y))
    atol = 2e-6 * float((terms * (1 + np.abs(wide(x)).max(axis=1))).max())
    handle = learner.per_example_gradients.jit(static_argnames="loss")
    handle(squared_error, params, x, y).close_to(squared_error_gradients(params, x, y), atol=atol)


@check("per_example_gradients", "deeper", hint="Any number of examples, in one go.")
def test_per_example_gradients_of_many_examples(learner: Learner, numbers: Numbers) -> None:
    params = {"w": numbers.normal(2), "b": numbers.normal()}
    x, y = numbers.normal((3000, 2)), numbers.normal(3000)
    handle = learner.per_example_gradients.jit(static_argnames="loss")
    handle(squared_error, params, x, y).close_to(squared_error_gradients(params, x, y), atol=10 * ATOL)


@check("per_example_gradients", "deeper", hint="Pass on what grad gives: replace and round nothing.")
def test_per_example_gradients_are_as_they_are(learner: Learner) -> None:
    handle = learner.per_example_gradients.jit(static_argnames="loss")
    x, y = jnp.array([[1.0, -2.0], [4.0, -1.0]]), jnp.zeros(2)
    params = {"w": jnp.array([2e-6, -3e-6]), "b": jnp.array(1e-6)}
    handle(squared_error, params, x, y).close_to(squared_error_gradients(params, x, y), atol=1e-10)
    # In both examples: in reverse mode, a NaN of one may go into all.
    x = jnp.array([[1.0, jnp.nan], [jnp.nan, 1.0]])
    expected = {"w": np.full((2, 2), np.nan), "b": np.full(2, np.nan)}
    handle(squared_error, params, x, y).equals(expected)


def weighted_sum(params: Any, x: Any, y: Any) -> Any:
    return jnp.sum(params * x) + y


@check(
    "per_example_gradients",
    "deeper",
    hint="float32 goes from 1e-38 to 3e38, and a gradient may be anywhere between: scale the loss by nothing.",
)
def test_per_example_gradients_fill_the_range_of_float32(learner: Learner) -> None:
    x = jnp.array([[3e37, -1e-36], [2e-36, -5e37]])
    # Without jit: XLA cancels a factor against its inverse.
    called = learner.per_example_gradients(weighted_sum, jnp.array([1.0, 0.5]), x, jnp.array([1.0, 2.0]))
    called.close_to(wide(x), atol=0.0)


@check(
    "per_example_gradients",
    "deeper",
    hint="A gradient of the parameters can be differentiated by them again: nothing may stop it.",
)
def test_per_example_gradients_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    each = learner.per_example_gradients.function
    handle = learner.per_example_gradients.derive(
        "per_example_gradients", lambda params, x, y: each(squared_error, params, x, y)
    )
    slope_agrees(handle.jit(), squared_error_gradients, *linear_problem(numbers, 3))
