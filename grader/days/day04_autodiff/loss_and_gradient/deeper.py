"""The deeper look at loss_and_gradient."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day04_autodiff.loss_and_gradient.checks import linear_model_oracle
from grader.toolkit import Draw, Learner, Numbers, check, multiply_adds


@check(
    "loss_and_gradient",
    "deeper",
    hint="Predictions x w + b, the mean of the squared errors, and its gradient by w and by b: for any n and d.",
)
def test_loss_and_gradient_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, d = draw.one_of((3, 2), (1, 1), (3, 3), (2, 5), (17, 1))
    size = draw.one_of(1.0, 1e-3, 100.0)
    params = {"weights": draw.floats(d, low=-size, high=size), "bias": draw.floats(low=-size, high=size)}
    unit = draw.one_of(10.0, 1e-6, 1000.0)
    batch = draw.floats((n, d), low=-unit, high=unit), draw.floats(n, low=-10 * size, high=10 * size)
    (loss, predictions), gradients = linear_model_oracle(params, batch)
    result = learner.loss_and_gradient.jit()(params, batch)
    # Predictions are sums of d products, which may cancel; an error is off by as much as they are.
    off = 2e-6 * size * (unit * d + 12)
    error = float(np.sqrt(loss))
    result[0][1].close_to(predictions, atol=off)
    result[0][0].close_to(loss, atol=2 * error * off + off**2)
    result[1]["weights"].close_to(gradients["weights"], atol=2 * unit * (off + 2e-6 * error))
    result[1]["bias"].close_to(gradients["bias"], atol=2 * (off + 2e-6 * error))


@check(
    "loss_and_gradient",
    "deeper",
    hint="The predictions are x w + b as they were computed, however far the targets are.",
)
def test_loss_and_gradient_predicts_far_from_the_targets(learner: Learner) -> None:
    params = {"weights": jnp.array([0.5, -0.25]), "bias": jnp.float32(0.125)}
    batch = jnp.array([[1.0, 2.0], [3.0, 1.0], [0.5, 4.0]]), jnp.array([1e8, -3e7, 5e8])
    (_, predictions), _ = linear_model_oracle(params, batch)
    learner.loss_and_gradient(params, batch)[0][1].close_to(predictions)


@check(
    "loss_and_gradient",
    "deeper",
    hint="One product of x with w forwards, one of the errors with x backwards: 2 n d multiplications.",
)
def test_loss_and_gradient_multiplies_no_more_than_it_must(learner: Learner, numbers: Numbers) -> None:
    n, d = 33, 40
    params = {"weights": numbers.normal(d), "bias": jnp.float32(0.5)}
    batch = numbers.normal((n, d)), numbers.normal(n)
    products = multiply_adds(learner.loss_and_gradient.jit().program(params, batch))
    learner.loss_and_gradient.jit()(params, batch).require(
        products <= 4 * n * d,
        "multiplies too much",
        expected=f"about {2 * n * d:,} products of two numbers for x of shape ({n}, {d})",
        got=f"{int(products):,}",
    )
