"""Checks of sgd_step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import (
    HALF_OF_ALL_SQUARES,
    descent_oracle,
    drawn_layers,
    drawn_problem,
    half_of_all_squares,
    keeps_dtypes,
    line,
    line_loss,
    mixed_tree,
    network_loss,
    no_data,
    odd_tree,
    scaled,
)
from grader.toolkit import (
    Kind,
    Learner,
    Numbers,
    bans,
    check,
    compiled_if_possible,
    compiles_once,
    hint_when,
    must_beat,
    of_kind,
)

ORDER = "Return (new params, value), in this order; value_and_grad gives the value first."


def largest_error(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.max(jnp.square(params["w"] * x + params["b"] - y))


@check(
    "sgd_step",
    "correct",
    hint="value_and_grad(loss)(params, x, y) gives both; then each leaf minus learning_rate times its gradient, as it is: 6 "
    "for w and 4 for b here.",
)
def test_sgd_step_by_hand(learner: Learner) -> None:
    # Gradient: mean of 2 · residual · x = 6 and mean of 2 · residual = 4.
    with hint_when(of_kind(Kind.THING), ORDER):
        result = learner.sgd_step(*line(), 0.125, line_loss)
    result[1].close_to(
        5.0, hint="Return the loss of the parameters that came in, as value_and_grad gives it."
    )
    result[0].close_to({"w": 1.25, "b": 0.5})


@check(
    "sgd_step",
    "correct",
    hint="Take the gradient as it is: clip nothing, and replace no NaN, or nobody will see it.",
)
def test_sgd_step_takes_gradients_as_they_are(learner: Learner) -> None:
    params, x, _ = line()
    # Residuals 3 and -99992: the gradients are -299973 and -99989.
    result = learner.sgd_step(params, x, jnp.array([0.0, 99999.0]), 0.125, line_loss)
    result[0].close_to({"w": 37498.625, "b": 12499.625})
    result = learner.sgd_step(params, x, jnp.array([0.0, np.nan]), 0.125, line_loss)
    result.close_to(({"w": np.nan, "b": np.nan}, np.nan))
    # No mean over examples, and taken of all of them at once.
    result = learner.sgd_step(*line(), 0.125, largest_error)
    result.close_to(
        ({"w": 1.25, "b": 0.25}, 9.0),
        hint="The loss is of the whole batch, whatever it makes of it: call it once, with all of x.",
    )


@check(
    "sgd_step",
    "correct",
    hint="jax.tree.map(function, params, gradients) goes through both trees together, whatever they are made of.",
)
def test_sgd_step_takes_any_tree(learner: Learner) -> None:
    tree = odd_tree()
    result = compiled_if_possible(learner.sgd_step, tree, *no_data(), 0.5, half_of_all_squares, static="loss")
    whole = "The gradient of this loss is the tree itself, so half of each number is left: no gradient is clipped or scaled."
    with hint_when(of_kind(Kind.VALUE), whole):
        result.close_to((scaled(tree, 0.5), HALF_OF_ALL_SQUARES))


@check(
    "sgd_step",
    "correct",
    hint="A float32 learning rate makes float32 of a float16 leaf. Convert each new leaf: .astype(p.dtype).",
)
def test_sgd_step_keeps_the_dtypes(learner: Learner) -> None:
    tree = mixed_tree()
    arguments = tree, *no_data(), jnp.float32(0.5), half_of_all_squares
    result = compiled_if_possible(learner.sgd_step, *arguments, static="loss")
    keeps_dtypes(result[0], tree)
    result[0].close_to(scaled(tree, 0.5))


@check(
    "sgd_step",
    "correct",
    hint="The gradient of loss(params, x, y) on all examples, all rows of x and y; then against it, by learning_rate times its "
    "length, in every parameter.",
)
def test_sgd_step_agrees_with_backpropagation(learner: Learner, numbers: Numbers) -> None:
    params, x, y = drawn_problem(numbers)
    expected, losses = descent_oracle(params, x, y, 0.1, 1)
    # Sums of seven products of size 1: a few roundings of 1 more than the default.
    arguments = params, x, y, jnp.float32(0.1), network_loss
    result = compiled_if_possible(learner.sgd_step, *arguments, static="loss")
    result.close_to((expected, losses[0]), atol=3e-6)


@check("sgd_step", "correct", hint="One line with jax.tree.map takes the step; optax comes on day 11.")
def test_sgd_step_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.sgd_step, "optax", on=({"w": jnp.ones((7, 2))}, *no_data(), 0.5, half_of_all_squares))


@check(
    "sgd_step", "jit", hint="The learning rate and the loss are traced: compute with them, branch on neither."
)
def test_sgd_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls: list[tuple[Any, ...]]
    calls = [(*drawn_problem(numbers), jnp.float32(rate), network_loss) for rate in (0.1, 0.3)]
    results = compiles_once(learner.sgd_step.jit(static_argnames="loss"), calls)
    for call, result in zip(calls, results, strict=True):
        params, x, y, rate, _ = call
        expected, losses = descent_oracle(params, x, y, rate, 1)
        result.close_to((expected, losses[0]), atol=3e-6)


def eager_step(
    params: Any, x: jax.Array, y: jax.Array, learning_rate: jax.Array, loss: Callable[..., jax.Array]
) -> tuple[Any, jax.Array]:
    value, gradients = jax.value_and_grad(loss)(params, x, y)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, gradients), value


# Eager, each operation of twelve layers and their gradients pays its dispatch, 15 to 20 ms in all;
# compiled, all of them are 0.1 ms.
STEP_GATE = 20.0


@check(
    "sgd_step",
    "speed",
    hint="One gradient for the whole batch: the loss takes all examples at once, and reverse mode gives all leaves.",
)
def test_sgd_step_beats_the_eager_step(learner: Learner, numbers: Numbers) -> None:
    sizes = (3, *(8 for _ in range(11)), 1)

    def draw(size: int) -> tuple[Any, ...]:
        return (
            drawn_layers(numbers, sizes),
            numbers.normal((size, 3)),
            numbers.normal((size, 1)),
            jnp.float32(0.1),
        )

    must_beat(
        learner,
        learner.sgd_step.jit(static_argnames="loss"),
        eager_step,
        named="the same step without jit",
        draw=draw,
        size=8,
        gate=STEP_GATE,
        numbers=numbers,
        loss=network_loss,
    )
