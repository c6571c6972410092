"""Deeper checks of batch_loss_gradient."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.batch_loss_gradient.checks import (
    network_loss,
    network_oracle,
    network_problem,
    squared_error,
    squared_error_oracle,
)
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "batch_loss_gradient",
    "deeper",
    hint="The gradient of the mean over all n examples, whatever n is and in whatever unit x and y are.",
)
def test_batch_loss_gradient_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = draw.one_of(2, 1, 9)
    params = {"weights": draw.floats(2), "bias": draw.floats()}
    unit = 10.0 ** draw.one_of(0, -4, 4)
    x, y = draw.floats((n, 2)) * jnp.float32(unit), draw.floats(n)
    result = learner.batch_loss_gradient.jit(static_argnums=0)(squared_error, params, x, y)
    expected = squared_error_oracle(params, x, y)
    # Sums that may cancel: relative to their terms.
    far = float(np.abs(wide(x)).max())
    error = float(np.abs(wide(params["weights"])).sum()) * far + 10.0 + abs(float(params["bias"]))
    result["weights"].close_to(expected["weights"], rtol=1e-4, atol=1e-5 * error * far)
    result["bias"].close_to(expected["bias"], rtol=1e-4, atol=1e-5 * error)


@check(
    "batch_loss_gradient",
    "deeper",
    hint="All n examples count, the last one too: none is dropped where n does not suit a chunk or a table.",
)
def test_batch_loss_gradient_counts_all_examples(learner: Learner, numbers: Numbers) -> None:
    # A prime number of examples, and the last of them weighs most.
    params, x, y = network_problem(numbers, 4099)
    y = y.at[-1].add(4000.0)
    result = learner.batch_loss_gradient.jit(static_argnums=0)(network_loss, params, x, y)
    result.close_to(network_oracle(params, x, y), rtol=1e-3, atol=1e-3)


def quadratic(params: Any, x: jax.Array, y: jax.Array) -> Any:
    """Each leaf of `params`, and each number of x and y, in its own place."""
    first, (second, [third]) = params
    return first * jnp.sum(x) ** 2 + jnp.sum(second * y) + jnp.sum(third) * x[0, 1] * y[2]


@check(
    "batch_loss_gradient",
    "deeper",
    hint="params is any tree, an example has any number of axes: vmap takes the first axis of x and of y, grad the whole tree.",
)
def test_batch_loss_gradient_takes_any_tree(learner: Learner, numbers: Numbers) -> None:
    params = numbers.normal(), (numbers.normal(3), [numbers.normal((1, 2))])
    x, y = numbers.normal((5, 2, 2)), numbers.normal((5, 3))
    inner = np.mean(wide(x)[:, 0, 1] * wide(y)[:, 2])
    expected = np.mean(wide(x).sum((1, 2)) ** 2), (wide(y).mean(0), [np.full((1, 2), inner)])
    result = learner.batch_loss_gradient.jit(static_argnums=0)(quadratic, params, x, y)
    result.close_to(expected, rtol=1e-4, atol=1e-5)


def small_problem() -> tuple[Any, jax.Array, jax.Array]:
    params = {"weights": jnp.array([0.5, -2.0]), "bias": jnp.float32(0.25)}
    return params, jnp.array([[1.0, 2.0], [-0.5, 4.0]]), jnp.array([3.0, -1.0])


@check(
    "batch_loss_gradient",
    "deeper",
    hint="A NaN in the data is a NaN in the gradient, so that somebody notices: nothing is mended, neither before nor after.",
)
def test_batch_loss_gradient_lets_nan_through(learner: Learner) -> None:
    params, x, y = small_problem()
    result = learner.batch_loss_gradient.jit(static_argnums=0)(
        squared_error, params, x.at[1, 0].set(jnp.nan), y
    )
    result.close_to({"weights": np.full(2, np.nan), "bias": np.float64(np.nan)})


@check(
    "batch_loss_gradient",
    "deeper",
    hint="The gradient is a function of params like any other, and can be differentiated: no stop_gradient, and no number that"
    " leaves JAX.",
)
def test_batch_loss_gradient_can_be_differentiated(learner: Learner) -> None:
    params, x, y = small_problem()

    def oracle(_: Any, params: Any, x: Any, y: Any) -> Any:
        return squared_error_oracle(params, x, y)

    slope_agrees(learner.batch_loss_gradient, oracle, squared_error, params, x, y, wrt=1)
