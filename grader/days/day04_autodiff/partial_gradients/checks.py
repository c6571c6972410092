"""Checks of partial_gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from grader.toolkit import Called, Learner, Numbers, check, compiles_once, hint_when, own_hint, raised, wide


def volume(radius: jax.Array, height: jax.Array) -> jax.Array:
    return radius**2 * height


def price(radius: jax.Array, height: jax.Array, each: jax.Array) -> jax.Array:
    return radius**2 * height * each


@jax.jit
def score(params: Any, features: jax.Array, label: jax.Array, temperature: jax.Array) -> jax.Array:
    """A linear model's score of a label, 0 or 1: a tree, a vector, an integer and a number go in."""
    sign = jnp.array([-1.0, 1.0])[label]
    return jnp.multiply(sign * temperature**2, jnp.sum(params["w"] * features) + params["b"])


def score_arguments(numbers: Numbers, label: int = 0) -> tuple[Any, ...]:
    params = {"w": numbers.normal(3), "b": numbers.normal()}
    return params, numbers.normal(3), jnp.int32(label), numbers.normal()


def score_oracle(arguments: tuple[Any, ...]) -> dict[int, Any]:
    """The gradient by each argument but the label, by position."""
    params, features, label, temperature = arguments
    w, b, x, t = wide(params["w"]), wide(params["b"]), wide(features), wide(temperature)
    scale = (2 * int(label) - 1) * t**2
    by_temperature = (2 * int(label) - 1) * 2 * t * (w @ x + b)
    return {0: {"w": scale * x, "b": scale}, 1: scale * w, 3: by_temperature}


@jax.jit
def largest_error(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    return jnp.max(jnp.abs(predictions - targets))


@check("partial_gradients", "correct", hint="jax.grad takes argnums; its result has the order of argnums.")
def test_partial_gradients_by_hand(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, (0, 1)).close_to((30.0, 9.0))


@check("partial_gradients", "correct", hint="First asked, first given: do not sort the positions.")
def test_partial_gradients_keeps_the_order(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, (1, 0)).close_to((9.0, 30.0))


@check(
    "partial_gradients",
    "correct",
    hint="For one int jax.grad returns the gradient bare. Wrap the int in a tuple first.",
)
def test_partial_gradients_takes_a_single_int(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0))
    learner.partial_gradients(volume, arguments, 0).close_to((30.0,))


@check("partial_gradients", "correct", hint="-1 is the last argument, -2 the one before it.")
def test_partial_gradients_counts_negatives_from_the_end(learner: Learner) -> None:
    arguments = (jnp.array(3.0), jnp.array(5.0), jnp.array(2.0))  # of three the last is not the second
    learner.partial_gradients(price, arguments, -1).close_to((45.0,))
    learner.partial_gradients(price, arguments, (-1, 0, -2)).close_to((45.0, 60.0, 18.0))


@check(
    "partial_gradients",
    "correct",
    hint="Differentiate by the arguments asked for and no others, and pass all on as they are: one is an integer, one a tree. "
    "A tree's gradient is a tree of the same structure.",
)
def test_partial_gradients_takes_trees_and_integers(learner: Learner, numbers: Numbers) -> None:
    arguments = score_arguments(numbers)
    expected = score_oracle(arguments)
    converted = (
        "Has an integer become a float on its way to `function`, which picks by it? Pass the arguments on as they are: one that "
        "is not asked for may hold integers, and a tree stays a tree."
    )
    with hint_when(raised(text="Indexer must have integer"), converted), own_hint():
        result = learner.partial_gradients(score, arguments, (3, 0))
    result.close_to((expected[3], expected[0]), atol=1e-5)  # a sum of four products that may cancel


@check(
    "partial_gradients", "correct", hint="Where two errors tie for the largest, JAX shares the gradient out."
)
def test_partial_gradients_is_finite_at_a_tie(learner: Learner) -> None:
    arguments = (jnp.array([1.0, 3.0, -1.0]), jnp.array([1.0, 1.0, 1.0]))
    divided = (
        "A gradient may be 0, and 0 / 0 is nan. Return what jax.grad gives as it is: divide by none of it."
    )
    result = learner.partial_gradients(largest_error, arguments, (1, 0)).finite(hint=divided)
    result.close_to(([0.0, -0.5, 0.5], [0.0, 0.5, -0.5]))


@check("partial_gradients", "jit", hint="argnums is static and arguments are data: branch on the one alone.")
def test_partial_gradients_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.partial_gradients.jit(static_argnames=("function", "argnums"))
    calls = [(score, score_arguments(numbers, label), (3, 1)) for label in (0, 1, 1)]
    for (_, arguments, _), result in zip(calls, compiles_once(handle, calls), strict=True):
        expected = score_oracle(arguments)
        result.close_to((expected[3], expected[1]), atol=1e-5)


@check(
    "partial_gradients", "jit", hint="Give jax.grad the whole tuple: one backward pass reaches all arguments."
)
def test_partial_gradients_takes_one_pass(learner: Learner, numbers: Numbers) -> None:
    calls = 0

    def counted_score(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return score(*arguments)

    handle = learner.partial_gradients.jit(static_argnames=("function", "argnums"))
    program = handle.program(counted_score, score_arguments(numbers), (3, 0, 1))
    Called(program.call, None).require(
        calls <= 1,
        "goes through the function again and again",
        expected="one call of counted_score",
        got=f"{calls} calls",
    )
