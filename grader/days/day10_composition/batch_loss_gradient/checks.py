"""Checks of batch_loss_gradient."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day10_composition.shared import wide_tree
from grader.toolkit import (
    Finding,
    Kind,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    check,
    hint_when,
    largest_value_at_most,
    looks_like,
    raised,
    same_size_for,
    wide,
)


def squared_error(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """The loss of one example under a linear model."""
    error: jax.Array = params["weights"] @ x + params["bias"] - y
    return error**2


def squared_error_oracle(params: Any, x: Any, y: Any) -> dict[str, Any]:
    weights, bias, x, y = wide(params["weights"]), wide(params["bias"]), wide(x), wide(y)
    errors = np.array([weights @ row + bias for row in x]) - y
    return {"weights": 2 * x.T @ errors / len(y), "bias": 2 * errors.mean()}


def one_weight(w: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    return (w * x - y) ** 2


def square_and_more(w: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    return (w * x) ** 2 + y


def linear_problem(numbers: Numbers) -> tuple[Any, jax.Array, jax.Array]:
    params = {"weights": numbers.normal(2), "bias": numbers.normal()}
    return params, numbers.normal((4, 2)), numbers.normal(4)


def network_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """The loss of one example under a network with one hidden layer."""
    hidden = jnp.tanh(params["hidden"] @ x)
    return jnp.sum((params["out"][0] @ hidden - y) ** 2)


def network_oracle(params: Any, x: Any, y: Any) -> dict[str, Any]:
    """The gradient of the mean loss, by the chain rule and one example at a time."""
    w, v, x, y = wide(params["hidden"]), wide(params["out"][0]), wide(x), wide(y)
    w_gradient, v_gradient = np.zeros_like(w), np.zeros_like(v)
    for row, target in zip(x, y, strict=True):
        hidden = np.tanh(w @ row)
        error = 2 * (v @ hidden - target)
        v_gradient += np.outer(error, hidden)
        w_gradient += np.outer((v.T @ error) * (1 - hidden**2), row)
    return {"hidden": w_gradient / len(x), "out": (v_gradient / len(x),)}


def network_problem(
    numbers: Numbers, n: int, d: int = 3, h: int = 4, m: int = 2
) -> tuple[Any, jax.Array, jax.Array]:
    params = {"hidden": numbers.normal((h, d)), "out": (numbers.normal((m, h)),)}
    return params, numbers.normal((n, d)), numbers.normal((n, m))


@check(
    "batch_loss_gradient",
    "correct",
    hint="The loss takes one example: vmap lifts it over x and y, and shares params (None in in_axes). Then the mean, "
    "then grad with respect to params.",
)
def test_batch_loss_gradient_by_hand(learner: Learner) -> None:
    x, y = jnp.array([1.0, 2.0]), jnp.array([0.0, 4.0])
    learner.batch_loss_gradient(one_weight, jnp.float32(1.0), x, y).close_to(-3.0)


@check(
    "batch_loss_gradient",
    "correct",
    hint="The loss takes one example, and vmap hands them over one by one: in_axes=(None, 0, 0). Every example counts 1/n.",
)
def test_batch_loss_gradient_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        problem = linear_problem(numbers)
        # Sums of products that may cancel, hence atol.
        whole = (
            "Was squared_error given the whole batch? Its weights @ x is written for one example, x of shape (2,): vmap hands "
            "them over one by one, in_axes=(None, 0, 0)."
        )
        with hint_when(raised("TypeError", text="dot_general requires contracting"), whole):
            result = learner.batch_loss_gradient(squared_error, *problem)
        result.close_to(squared_error_oracle(*problem), atol=1e-5)


@check(
    "batch_loss_gradient",
    "correct",
    hint="All examples count, and each for 1/n: no mean that leaves NaN out. The first loss is NaN, by what is added to it, and"
    " its slope is 2 all the same.",
)
def test_batch_loss_gradient_counts_losses_of_nan(learner: Learner) -> None:
    x, y = jnp.array([1.0, 2.0]), jnp.array([jnp.nan, 4.0])
    learner.batch_loss_gradient(square_and_more, jnp.float32(1.0), x, y).close_to(5.0)


@check(
    "batch_loss_gradient",
    "jit",
    hint="Parameters and batch are data, in trees of any shape: nothing in the program depends on their values.",
)
def test_batch_loss_gradient_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # Not a number of examples that is dealt out in chunks.
    calls = [(network_loss, *network_problem(numbers, 11)) for _ in range(2)]
    left_out = (
        "Here there are 11 examples, and each counts for 1/11: is one left out, or counted twice, where n does not suit a chunk? "
        "The loss is that of a network, whose y has two numbers an example."
    )
    with hint_when(wrong_numbers, left_out):
        agrees_once(
            learner.batch_loss_gradient.jit(static_argnums=0),
            calls,
            lambda _, *problem: network_oracle(*problem),
            atol=1e-5,
        )


def wrong_numbers(finding: Finding) -> bool:
    """Wrong by the formula, as far as is known: not right without jit."""
    return finding.kind is Kind.VALUE and not looks_like(Pattern.COMPILED)(finding)


@check("batch_loss_gradient", "jit", hint="vmap lifts the loss over all examples at once; it needs no loop.")
def test_batch_loss_gradient_has_no_python_loop(learner: Learner, numbers: Numbers) -> None:
    small, large = network_problem(numbers, 8), network_problem(numbers, 16)
    handle = learner.batch_loss_gradient.jit(static_argnums=0)
    same_size_for(handle, (network_loss, *small), (network_loss, *large))


@check(
    "batch_loss_gradient",
    "jit",
    hint="vmap of grad holds one gradient an example, before their mean. Take the mean of the losses first, "
    "and differentiate that: grad of the mean of a vmap.",
)
def test_batch_loss_gradient_holds_no_single_gradients(learner: Learner, numbers: Numbers) -> None:
    # 128 parameters in one array and 32 examples: their single gradients are 4096 numbers, everything else at most 512.
    problem = network_problem(numbers, 32, d=8, h=16)
    handle = learner.batch_loss_gradient.jit(static_argnums=0)
    largest_value_at_most(handle, 2000, (network_loss, *problem))


@check(
    "batch_loss_gradient",
    "jit",
    hint="A composition is a function like any other: it must stand being lifted over an ensemble of parameters.",
)
def test_batch_loss_gradient_lifts_over_an_ensemble(learner: Learner, numbers: Numbers) -> None:
    _, x, y = linear_problem(numbers)
    ensemble = {"weights": numbers.normal((3, 2)), "bias": numbers.normal(3)}
    lifted = learner.batch_loss_gradient.vmap(in_axes=(None, 0, None, None)).jit(static_argnums=0)
    members = [jax.tree.map(lambda leaf, k=k: leaf[k], wide_tree(ensemble)) for k in range(3)]
    gradients = [squared_error_oracle(member, x, y) for member in members]
    stacked = {name: np.stack([gradient[name] for gradient in gradients]) for name in ensemble}
    lifted(squared_error, ensemble, x, y).close_to(stacked, atol=1e-5)
