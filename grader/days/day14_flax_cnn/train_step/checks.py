"""Checks of train_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    DROPPING,
    NORMALIZED,
    PLAIN,
    must_be_alike,
    must_be_state,
    small_images,
    small_oracle,
    small_state,
)
from grader.toolkit import (
    Called,
    Learner,
    Numbers,
    check,
    compiled_if_possible,
    compiles_once,
    own_hint,
    raised,
    wide,
)


def stepped(learner: Learner, *arguments: Any) -> tuple[Called, Any]:
    """The call, and the new state. Raises WrongAnswer."""
    called = compiled_if_possible(learner.train_step, *arguments)
    return called, must_be_state(called, called.value[0])


def sgd_oracle(params: Any, gradients: Any, momentum: Any = None) -> tuple[Any, Any]:
    """Parameters and momentum after a step of SGD."""
    if momentum is not None:
        gradients = jax.tree.map(lambda g, m: g + 0.5 * m, gradients, momentum)
    return jax.tree.map(lambda p, g: wide(p) - 0.5 * g, params, gradients), gradients


@check(
    "train_step",
    "correct",
    hint='The loss is a mean over the batch, in training mode: state.apply_fn(..., train=True, mutable=["batch_stats"], '
    'rngs={"dropout": ...}) gives (logits, what has moved). It is that of the parameters that came in, before the step.',
)
def test_train_step_returns_the_loss(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    with own_hint(raised("ModifyScopeVariableError")):
        called, _ = stepped(learner, state, images, labels, numbers.key())
    called[1].close_to(small_oracle(state, images, labels, train=True)["losses"].mean(), **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint="state.apply_gradients(grads=...) moves the parameters against the gradient of the mean loss. Return its result: the "
    "old state stays as it is.",
)
def test_train_step_moves_the_parameters(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    called, after = stepped(learner, state, images, labels, numbers.key())
    gradients = small_oracle(state, images, labels, train=True)["gradients"]
    expected, _ = sgd_oracle(state.params, gradients)
    Called(f"{called.text}[0].params", after.params).close_to(expected, **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint='apply_fn(..., mutable=["batch_stats"]) gives the new statistics beside the logits, as {"batch_stats": ...}. Bring '
    "them out of the loss function (has_aux=True) and store them: apply_gradients(grads=..., batch_stats=...).",
)
def test_train_step_moves_the_statistics(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, PLAIN), small_images(numbers)
    called, after = stepped(learner, state, images, labels, numbers.key())
    expected = small_oracle(state, images, labels, train=True)["batch_stats"]
    Called(f"{called.text}[0].batch_stats", after.batch_stats).close_to(expected, **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint="Step count and optimiser's state move on, too: state.apply_gradients does all three; state.replace(params=...) alone "
    "forgets two of them.",
)
def test_train_step_goes_on(learner: Learner, numbers: Numbers) -> None:
    state, key, momentum = small_state(numbers, PLAIN), numbers.key(), None
    for count in (1, 2):
        images, labels = small_images(numbers)
        called, after = stepped(learner, state, images, labels, key)
        text = f"{called.text}, step number {count}, [0]"
        Called(f"{text}.step", after.step).equals(np.int32(count))
        gradients = small_oracle(state, images, labels, train=True)["gradients"]
        expected, momentum = sgd_oracle(state.params, gradients, momentum)
        Called(f"{text}.params", after.params).close_to(expected, **NORMALIZED)
        must_be_alike(f"{text}.batch_stats", after.batch_stats, state.batch_stats)
        state = after


@check(
    "train_step",
    "correct",
    hint="exp(-1e4) is 0, and log 0 is -inf. optax.softmax_cross_entropy_with_integer_labels takes the log-softmax in one go.",
)
def test_train_step_survives_large_logits(learner: Learner, numbers: Numbers) -> None:
    state, (images, _) = small_state(numbers, PLAIN), small_images(numbers)
    dense = {**state.params["Dense_0"], "bias": jnp.array([1e4, 0.0, -1e4])}
    state = state.replace(params={**state.params, "Dense_0": dense})
    labels = jnp.array([0, 1, 2, 0, 1, 2], jnp.int32)
    called, after = stepped(learner, state, images, labels, numbers.key())
    oracle = small_oracle(state, images, labels, train=True)
    called[1].close_to(oracle["losses"].mean(), rtol=1e-4)
    text = f"{called.text}[0].params['Dense_0']['bias']"
    expected = wide(dense["bias"]) - 0.5 * oracle["gradients"]["Dense_0"]["bias"]
    Called(text, after.params["Dense_0"]["bias"]).close_to(expected, **NORMALIZED)


@check(
    "train_step",
    "correct",
    hint='Training drops: rngs={"dropout": a key made from `key`}, together with train=True.',
)
def test_train_step_drops(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels) = small_state(numbers, DROPPING), small_images(numbers)
    with own_hint(raised("InvalidRngError")):
        losses = [stepped(learner, state, images, labels, numbers.key())[0] for _ in range(4)]
    values = {float(called.value[1]) for called in losses}
    losses[0][1].require(
        len(values) > 1,
        "is the same whatever the key is",
        expected="another loss for another key, under dropout",
        got=f"{values.pop():.5g} for four keys",
    )


@check(
    "train_step",
    "correct",
    hint="The same key comes at every step; jax.random.fold_in(key, state.step) makes another one of it each time.",
)
def test_train_step_drops_anew_at_each_step(learner: Learner, numbers: Numbers) -> None:
    state, (images, labels), key = small_state(numbers, DROPPING), small_images(numbers), numbers.key()
    losses = [
        stepped(learner, state.replace(step=jnp.int32(step)), images, labels, key)[0] for step in range(4)
    ]
    values = {float(called.value[1]) for called in losses}
    losses[0][1].require(
        len(values) > 1,
        "drops the same numbers at every step",
        expected="another loss at another state.step, with the same key",
        got=f"{values.pop():.5g} at steps 0, 1, 2 and 3",
    )


@check(
    "train_step",
    "jit",
    hint="What comes out is what goes in again: keep the dtypes and the structure of the state, and read no value in Python.",
)
def test_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(small_state(numbers, DROPPING), *small_images(numbers), numbers.key()) for _ in range(2)]
    first, _ = compiles_once(learner.train_step.jit(), calls)
    handle, before = learner.train_step.jit(), learner.train_step.jit().traces
    handle(must_be_state(first, first.value[0]), *calls[1][1:])
    first.require(
        handle.traces == before,
        "gives a state for which the step is traced again",
        expected="the shapes, dtypes and structure that the state had",
        got="a state of another type",
    )
