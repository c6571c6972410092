"""Checks of loss_and_gradient."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    came,
    check,
    hint_when,
    products_with,
    same_size_for,
    told_by,
    wide,
)


def linear_model(
    numbers: Numbers, n: int, d: int
) -> tuple[dict[str, jax.Array], tuple[jax.Array, jax.Array]]:
    params = {"weights": numbers.normal(d), "bias": numbers.normal()}
    return params, (numbers.normal((n, d)), numbers.normal(n))


def linear_model_oracle(params: Any, batch: Any) -> tuple[tuple[Any, Array], dict[str, Any]]:
    w, b = wide(params["weights"]), wide(params["bias"])
    x, y = wide(batch[0]), wide(batch[1])
    predictions = np.array([row @ w + b for row in x])
    errors = predictions - y
    gradients = {"weights": 2 * x.T @ errors / len(y), "bias": 2 * errors.mean()}
    return (np.mean(errors**2), predictions), gradients


@check(
    "loss_and_gradient",
    "correct",
    hint="value_and_grad differentiates by the first argument, all of its tree. With has_aux=True the function returns "
    "(loss, anything), and the anything comes back beside the loss.",
)
def test_loss_and_gradient_by_hand(learner: Learner) -> None:
    params = {"weights": jnp.array([1.0, 2.0]), "bias": jnp.array(1.0)}
    x = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    y = jnp.array([1.0, 3.0, 2.0, 1.0])  # the errors are 1, 0, 2, 0
    gradients_first = (
        "Gradients stand where (loss, predictions) belong: it begins with these. jax.grad with has_aux=True gives "
        "(gradients, aux) and never the loss; jax.value_and_grad gives ((loss, aux), gradients)."
    )
    with hint_when(lambda finding: finding.part == "[0]" and came(dict)(finding), gradients_first):
        result = learner.loss_and_gradient(params, (x, y))
    result[0][1].close_to([2.0, 3.0, 4.0, 1.0], hint="Beside the loss go the predictions, x w + b.")
    mistakes = {
        "Is there a column minus a row? That is a 4 x 4 matrix, and the errors have shape (4,). Or is it half the sum? Asked "
        "for is the mean, without a half.": 2.5
    }
    told = told_by(result.value[0][0], mistakes)
    result[0][0].close_to(
        1.25, hint=told or "The errors are 1, 0, 2, 0. Square them, take the mean; no half."
    )
    result[1].close_to({"weights": [1.5, 1.0], "bias": 1.5})


@check(
    "loss_and_gradient", "correct", hint="The loss is the mean over the batch, and both parameters move it."
)
def test_loss_and_gradient_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        params, batch = linear_model(numbers, 4, 2)
        # Sums of products that may cancel.
        learner.loss_and_gradient(params, batch).close_to(linear_model_oracle(params, batch), atol=1e-5)


@check(
    "loss_and_gradient",
    "correct",
    hint="mean(p²) - 2 mean(p y) + mean(y²) is a small difference of huge numbers here, and 32 bits do not hold it. Take "
    "the errors first, and square them.",
)
def test_loss_and_gradient_keeps_its_digits(learner: Learner, numbers: Numbers) -> None:
    params, (x, y) = linear_model(numbers, 4, 2)
    params, batch = {**params, "bias": params["bias"] + 1000}, (x, y + 1000)
    # float32 steps by 6e-5 at 1000: so much may an error of size 1 be off.
    learner.loss_and_gradient(params, batch).close_to(
        linear_model_oracle(params, batch), rtol=1e-3, atol=1e-3
    )


@check(
    "loss_and_gradient", "jit", hint="Parameters and batch are data: nothing in the program depends on them."
)
def test_loss_and_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [linear_model(numbers, 17, 3) for _ in range(3)]
    agrees_once(learner.loss_and_gradient.jit(), calls, linear_model_oracle, atol=1e-5)


@check(
    "loss_and_gradient",
    "jit",
    hint="The forward pass has the predictions already: let the loss return them, too, with has_aux=True.",
)
def test_loss_and_gradient_takes_one_pass(learner: Learner, numbers: Numbers) -> None:
    params, batch = linear_model(numbers, 17, 3)
    handle = learner.loss_and_gradient.jit()
    program = handle.program(params, batch)
    products = products_with(program, 2)  # of bias, weights, x, y
    handle(params, batch).require(
        products <= 2,
        "goes through the batch more than once",
        expected="2 products with x: forwards, backwards",
        got=f"{products}",
    )


@check("loss_and_gradient", "jit", hint="One product with x predicts the whole batch.")
def test_loss_and_gradient_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    same_size_for(learner.loss_and_gradient.jit(), linear_model(numbers, 8, 3), linear_model(numbers, 17, 3))
