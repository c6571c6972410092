"""Checks of remat_chain."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.shared import stays_a_loop
from grader.toolkit import (
    Array,
    Handle,
    Learner,
    Numbers,
    agrees_once,
    check,
    temporary_memory_at_most,
    told_by,
    wide,
)


def chain_oracle(weights: Any, x: Any) -> Array:
    value = wide(x)
    for layer in wide(weights):
        value = np.tanh(value @ layer)
    return value


def chain_gradients_oracle(weights: Any, x: Any, toward: Any) -> tuple[Array, Array]:
    """The gradients of sum(toward * chain), layer by layer from the last to the first."""
    layers, values = wide(weights), [wide(x)]
    for layer in layers:
        values.append(np.tanh(values[-1] @ layer))
    gradients, backward = np.zeros_like(layers), wide(toward)
    for k in reversed(range(len(layers))):
        backward = backward * (1 - values[k + 1] ** 2)
        gradients[k] = values[k].T @ backward
        backward = backward @ layers[k].T
    return gradients, backward


def chain(numbers: Numbers, n_layers: int, n: int = 3, d: int = 2) -> tuple[jax.Array, jax.Array]:
    """Layers near the identity, so that something is left of x, and of the gradient, after many of them."""
    return jnp.eye(d) + numbers.normal((n_layers, d, d), 0.3), numbers.normal((n, d))


@functools.cache
def chain_gradients(handle: Handle) -> Handle:
    def gradients(weights: jax.Array, x: jax.Array, toward: jax.Array) -> Any:
        def loss(weights: jax.Array, x: jax.Array) -> jax.Array:
            return jnp.sum(toward * handle.function(weights, x))

        return jax.grad(loss, argnums=(0, 1))(weights, x)

    return handle.derive("gradients of remat_chain", gradients).jit()


@check(
    "remat_chain",
    "correct",
    hint="Each layer multiplies by its weights, then takes tanh; the first layer first.",
)
def test_remat_chain_by_hand(learner: Learner) -> None:
    weights, x = jnp.array([1.0, 2.0, 0.5, 1.5]).reshape(4, 1, 1), jnp.array([[0.5], [-1.0]])
    mistakes = {
        "That is the chain from the last layer to the first. The first one comes first, in each segment, too.": [
            3,
            2,
            1,
            0,
        ],
        "That takes the layers in the order 0, 2, 1, 3: every second one is no segment. The segments are 0 1 and 2 3.": [
            0,
            2,
            1,
            3,
        ],
        "The segments come in order here, 0 1 and 2 3, and the layers within each of them backwards.": [
            1,
            0,
            3,
            2,
        ],
    }
    result = learner.remat_chain(weights, x)
    orders = {hint: chain_oracle(weights[np.array(order)], x) for hint, order in mistakes.items()}
    result.close_to(chain_oracle(weights, x), hint=told_by(result.value, orders))


@check(
    "remat_chain",
    "correct",
    hint="Segments come in order, and within a segment its layers do: x @ W, layer by layer.",
)
def test_remat_chain_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for n_layers in (9, 1):
        call = chain(numbers, n_layers)
        learner.remat_chain(*call).close_to(chain_oracle(*call))


@check(
    "remat_chain",
    "correct",
    hint="jax.checkpoint changes what is kept, never the gradient. Nothing else may cut it off.",
)
def test_remat_chain_has_the_same_gradients(learner: Learner, numbers: Numbers) -> None:
    call = (*chain(numbers, 9), numbers.normal((3, 2)))
    handle = chain_gradients(learner.remat_chain)
    handle(*call).close_to(chain_gradients_oracle(*call), rtol=1e-4, atol=1e-5)


@check("remat_chain", "jit", hint="The number of layers is a shape; everything else is data.")
def test_remat_chain_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [chain(numbers, 9) for _ in range(2)]
    agrees_once(learner.remat_chain.jit(), calls, chain_oracle)


@check(
    "remat_chain",
    "jit",
    hint="Loop over segments with a scan, and over the layers of a segment with another one inside it.",
)
def test_remat_chain_stays_a_loop(learner: Learner, numbers: Numbers) -> None:
    stays_a_loop(learner.remat_chain.jit(), lambda length: chain(numbers, length), (9, 36, 900))


@check(
    "remat_chain",
    "jit",
    hint="Around each layer, a checkpoint keeps L inputs; around all, nothing is won. Put it around segments of √L layers.",
)
def test_remat_chain_keeps_little(learner: Learner, numbers: Numbers) -> None:
    n_layers, n, d = 100, 128, 4
    call = (*chain(numbers, n_layers, n, d), numbers.normal((n, d)))
    handle = chain_gradients(learner.remat_chain)
    # In arrays of x's size: √L segments take 45 on the CPU, a checkpoint for each layer 102, the plain chain 302.
    temporary_memory_at_most(handle, 70 * n * d * 4, call)
