"""Checks of forward."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.shared import drawn_layers, forward_oracle
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    check,
    compiled_if_possible,
    hint_when,
    looks_like,
)


def relu(x: jax.Array) -> jax.Array:
    return jnp.maximum(x, 0.0)


def tanh(x: jax.Array) -> jax.Array:
    return jnp.tanh(x)


def shares(x: jax.Array) -> jax.Array:
    """Looks at all numbers of a layer together."""
    return x / (1 + jnp.sum(jnp.abs(x)))


def shares_oracle(x: Array) -> Array:
    return np.asarray(x / (1 + np.abs(x).sum()))


@check(
    "forward",
    "correct",
    hint="Layer by layer: x @ w + b, then the activation. The last layer gives its numbers as they are.",
)
def test_forward_by_hand(learner: Learner) -> None:
    params = [
        {"w": jnp.array([[1.0, -1.0]]), "b": jnp.array([0.0, 1.0])},
        {"w": jnp.array([[1.0], [2.0]]), "b": jnp.array([-7.0])},
    ]
    learner.forward(params, jnp.array([2.0]), relu).close_to([-5.0])


@check("forward", "correct", hint="A single layer is the last one, too: x @ w + b and nothing else.")
def test_forward_takes_a_single_layer(learner: Learner) -> None:
    params = [{"w": jnp.array([[1.0], [2.0]]), "b": jnp.array([-7.0])}]
    learner.forward(params, jnp.array([2.0, 0.5]), relu).close_to([-4.0])


@check(
    "forward",
    "correct",
    hint="x @ w, not w @ x: w has a row for each number that goes in. Apply the activation that is given.",
)
def test_forward_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    params, x = drawn_layers(numbers, (3, 5, 5, 5)), numbers.normal(3)
    called = compiled_if_possible(learner.forward, params, x, tanh, static="activation")
    with hint_when(
        looks_like(Pattern.NEIGHBOUR),
        "Here are three layers, and there may be any number. Each but the last, params[:-1], is applied in its turn, and then "
        "the activation.",
    ):
        called.close_to(
            forward_oracle(params, x, np.tanh),
            neighbours={
                "the first and the last layer alone": lambda: forward_oracle(
                    [params[0], params[-1]], x, np.tanh
                )
            },
        )


@check(
    "forward",
    "correct",
    hint="Which layer is the last one is a question of its place: the same layer may stand in several.",
)
def test_forward_takes_a_layer_twice(learner: Learner) -> None:
    layer = {"w": jnp.array([[1.0]]), "b": jnp.array([-3.0])}
    learner.forward([layer, layer, layer], jnp.array([2.0]), relu).close_to([-3.0])


@check(
    "forward",
    "correct",
    hint="activation gets the whole vector h @ w + b, and not one number of it after the other.",
)
def test_forward_gives_the_activation_a_vector(learner: Learner) -> None:
    params = [
        {"w": jnp.array([[1.0, -1.0]]), "b": jnp.array([0.0, 1.0])},
        {"w": jnp.array([[1.0], [2.0]]), "b": jnp.array([-7.0])},
    ]
    # (2, -1) becomes (0.5, -0.25).
    learner.forward(params, jnp.array([2.0]), shares).close_to([-7.0])


@check("forward", "jit", hint="Neither x nor the parameters decide what the program does.")
def test_forward_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(drawn_layers(numbers, (3, 5, 5, 5)), numbers.normal(3), tanh) for _ in range(2)]
    agrees_once(
        learner.forward.jit(static_argnames="activation"),
        calls,
        lambda params, x, _: forward_oracle(params, x, np.tanh),
    )


@check("forward", "jit", hint="Write it for one example of shape (n_in,); vmap adds the batch axis.")
def test_forward_is_lifted_over_a_batch(learner: Learner, numbers: Numbers) -> None:
    params, x = drawn_layers(numbers, (3, 5, 5, 5)), numbers.normal((7, 3))
    lifted = learner.forward.vmap(in_axes=(None, 0, None))
    lifted.jit(static_argnames="activation")(params, x, tanh).close_to(forward_oracle(params, x, np.tanh))
