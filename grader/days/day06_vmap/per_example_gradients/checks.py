"""Checks of per_example_gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import (
    ATOL,
    GATE_AGAINST_COMPILED,
    linear_problem,
    squared_error,
    squared_error_gradients,
    takes_all_at_once,
)
from grader.toolkit import (
    Array,
    Kind,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    hint_when,
    must_beat,
    of_kind,
    raised,
    same_size_for,
    wide,
)


def squared_score(weights: Any, x: Any, label: Any) -> Any:
    """Of one example: the label is an integer."""
    return jnp.dot(weights, x)[label] ** 2


def squared_score_gradients(weights: Any, x: Any, labels: Any) -> Array:
    chosen = np.eye(len(weights))[np.asarray(labels)]
    scores = np.sum(wide(x) @ wide(weights).T * chosen, axis=1)
    return np.asarray(2 * scores[:, None, None] * chosen[:, :, None] * wide(x)[:, None, :])


@check(
    "per_example_gradients",
    "correct",
    hint="grad(loss) is the gradient of one example. Lift it: share the parameters (None), map x and y, and average nothing.",
)
def test_per_example_gradients_by_hand(learner: Learner) -> None:
    params = {"w": jnp.array([1.0, 2.0]), "b": jnp.array(0.0)}
    x, y = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), jnp.array([0.0, 5.0, 5.0])
    expected = {"w": [[2.0, 0.0], [0.0, -6.0], [-4.0, -4.0]], "b": [2.0, -6.0, -4.0]}
    one_example = (
        "`loss` takes a single example. Has it been given all of x? vmap(grad(loss), ...) hands out x and y one by one, and "
        "shares the parameters (None)."
    )
    with hint_when(raised("TypeError", "ValueError", text="dot_general|broadcast"), one_example):
        result = learner.per_example_gradients(squared_error, params, x, y)
    result.close_to(expected, atol=ATOL)


@check(
    "per_example_gradients",
    "correct",
    hint="Differentiate by the parameters alone, then labels may be integers. Parameters may be any tree, or a single array: "
    "look for no names in them.",
)
def test_per_example_gradients_takes_any_loss(learner: Learner, numbers: Numbers) -> None:
    weights, x, labels = numbers.normal((3, 2)), numbers.normal((3, 2)), numbers.integers(0, 3, 3)
    not_an_index = raised(text="Indexer must have integer")
    converted = "y may hold integers, by which a loss may pick: pass it on as it is, and convert nothing to x's dtype."
    no_dict = (
        "Do you go through params by names? It may be any tree, here it is a bare array: vmap and jax.tree.map know all of them. "
        "Or has y become an array of floats?"
    )
    with (
        hint_when(lambda finding: not_an_index(finding) and raised(line=r"\by\b")(finding), converted),
        hint_when(not_an_index, no_dict),
    ):
        result = compiled_if_possible(
            learner.per_example_gradients, squared_score, weights, x, labels, static="loss"
        )
    result.close_to(squared_score_gradients(weights, x, labels), atol=ATOL)


@check("per_example_gradients", "correct", hint="A batch of one has a batch axis, too: of size 1.")
def test_per_example_gradients_takes_a_batch_of_one(learner: Learner, numbers: Numbers) -> None:
    params, x, y = linear_problem(numbers, 1)
    result = learner.per_example_gradients(squared_error, params, x, y)
    result.close_to(squared_error_gradients(params, x, y), atol=ATOL)


@check(
    "per_example_gradients",
    "jit",
    hint="Parameters and examples are traced; leave the loss alone to be static.",
)
def test_per_example_gradients_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(squared_error, *linear_problem(numbers, 17)) for _ in range(2)]
    agrees_once(
        learner.per_example_gradients.jit(static_argnames="loss"),
        calls,
        lambda _, *problem: squared_error_gradients(*problem),
        atol=ATOL,
    )


@check(
    "per_example_gradients",
    "jit",
    hint="Others may map your function over parameters: an ensemble on the same examples.",
)
def test_per_example_gradients_lifts_over_an_ensemble(learner: Learner, numbers: Numbers) -> None:
    params = {"w": numbers.normal((2, 3)), "b": numbers.normal(3)}  # three members, along w's second axis
    w, b = np.asarray(params["w"]), np.asarray(params["b"])
    x, y = numbers.normal((5, 2)), numbers.normal(5)
    lifted = learner.per_example_gradients.vmap(in_axes=(None, {"w": 1, "b": 0}, None, None))
    members = [{"w": w[:, i], "b": b[i]} for i in range(3)]
    each = [squared_error_gradients(member, x, y) for member in members]
    expected = {name: np.stack([one[name] for one in each]) for name in ("w", "b")}
    lifted.jit(static_argnames="loss")(squared_error, params, x, y).close_to(expected, atol=ATOL)


@check(
    "per_example_gradients",
    "jit",
    hint="Python's loops, lax.map and lax.scan take turns. vmap(grad(loss)) differentiates all at once.",
    answers=of_kind(Kind.GROWS),  # the usual hint would be: a loop from jax.lax
)
def test_per_example_gradients_takes_all_examples_at_once(learner: Learner, numbers: Numbers) -> None:
    few, many = ((squared_error, *linear_problem(numbers, batch)) for batch in (17, 33))
    same_size_for(learner.per_example_gradients.jit(static_argnames="loss"), few, many)
    takes_all_at_once(learner.per_example_gradients.jit(static_argnames="loss"), few, many)


compiled_gradient = jax.jit(jax.grad(squared_error))


def gradients_loop(loss: Any, params: Any, x: jax.Array, y: jax.Array) -> Any:
    each = [jax.tree.map(np.asarray, compiled_gradient(params, x[i], y[i])) for i in range(len(x))]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *each)


@check("per_example_gradients", "speed", hint="grad of one example, then vmap: the whole batch is one call.")
def test_per_example_gradients_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.per_example_gradients.jit(static_argnames="loss"),
        gradients_loop,
        named="a Python loop over a compiled gradient",
        draw=lambda size: (squared_error, *linear_problem(numbers, size)),
        size=96,
        gate=GATE_AGAINST_COMPILED,
        numbers=numbers,
    )
