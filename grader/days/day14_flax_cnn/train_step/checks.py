"""Checks of train_step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    NORMALIZED,
    NOTING,
    PLAIN,
    must_be_alike,
    must_be_state,
    small_images,
    small_oracle,
    small_state,
    with_large_logits,
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
    (state, labels), (images, _) = with_large_logits(small_state(numbers, PLAIN)), small_images(numbers)
    dense = state.params["Dense_0"]
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
    state, (images, labels) = small_state(numbers, NOTING), small_images(numbers)
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
    hint="The same key comes at every step; jax.random.fold_in(key, state.step) makes another one of it each time. Nothing else "
    "goes into it, and nothing is taken from either.",
)
def test_train_step_drops_anew_at_each_step(learner: Learner, numbers: Numbers) -> None:
    # Periods of all sizes, and what a float no longer tells apart.
    steps = (0, 1, 2, 3, 4, 8, 10, 16, 99, 100, 127, 128, 255, 256, 1000, 65_536, 2**24, 2**24 + 1, 2**31 - 2)
    data = np.asarray(numbers.integers(1, 2**30, 2)).astype(np.uint32)
    words = [
        (0, 0),
        (0, 1),
        (1, 0),
        (2**30, 0),
    ]  # keys next to each other, and some that have one word in common
    keys = [jax.random.wrap_key_data(jnp.asarray(data + np.array(word, np.uint32))) for word in words]
    drawn: dict[bytes, tuple[int, int]] = {}
    for number, key in enumerate(keys):
        for step in steps if number == 0 else steps[:5]:
            state, (images, labels) = small_state(numbers, NOTING), small_images(numbers)
            called, after = stepped(learner, state.replace(step=jnp.int32(step)), images, labels, key)
            Called(f"{called.text}[0].step", after.step).equals(np.int32(step + 1))
            noted = np.asarray(noted_key(called, after)).tobytes()
            before = drawn.setdefault(noted, (number, step))
            called.require(
                before == (number, step),
                "takes a key for dropout again",
                expected=f"at step {step} a key of its own",
                got=f"that of step {before[1]}" + (", for another `key`" if before[0] != number else ""),
            )


def noted_key(called: Called, state: Any) -> Any:
    """The key that NOTING has kept. Raises WrongAnswer."""
    statistics = state.batch_stats
    called.require(
        isinstance(statistics, Mapping) and "key" in statistics,
        "gave other batch_stats",
        expected="those that the forward pass has made",
        got=statistics,
        hint='What apply_fn gives beside the logits is {"batch_stats": ...}: the statistics lie one level down.',
    )
    return statistics["key"]


@check(
    "train_step",
    "correct",
    hint="The key for dropout is made from `key` and state.step and from nothing else: equal (key, step) draw the same.",
)
def test_train_step_draws_the_same_again(learner: Learner, numbers: Numbers) -> None:
    key, noted = numbers.key(), []
    for _ in range(2):
        state, (images, labels) = small_state(numbers, NOTING), small_images(numbers)
        called, after = stepped(learner, state.replace(step=jnp.int32(7)), images, labels, key)
        noted.append(np.asarray(noted_key(called, after)))
    called.require(
        np.array_equal(noted[0], noted[1]),
        "draws otherwise for the same key and step",
        expected="the same key for dropout, whatever the images and the parameters are",
        got="another one",
    )


@check(
    "train_step",
    "jit",
    hint="What comes out is what goes in again: keep the dtypes and the structure of the state, and read no value in Python.",
)
def test_train_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(small_state(numbers, NOTING), *small_images(numbers), numbers.key()) for _ in range(2)]
    first, _ = compiles_once(learner.train_step.jit(), calls)
    handle, before = learner.train_step.jit(), learner.train_step.jit().traces
    handle(must_be_state(first, first.value[0]), *calls[1][1:])
    first.require(
        handle.traces == before,
        "gives a state for which the step is traced again",
        expected="the shapes, dtypes and structure that the state had",
        got="a state of another type",
    )
