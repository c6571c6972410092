"""Checks of evaluate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np

from grader.days.day14_flax_cnn.shared import (
    MANY,
    NORMALIZED,
    PLAIN,
    WATCHED,
    TrainState,
    plain_kernel,
    small_images,
    small_oracle,
    small_state,
    with_large_logits,
)
from grader.toolkit import Called, Kind, Learner, Numbers, Verdict, check, told_by


class WatchedNetwork(nn.Module):
    """A small network that notes each call of its Python code, which under jit is each trace."""

    rate: float = 0.25

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        if not self.is_initializing():
            WATCHED.modes.append(train)
        x = images.reshape(images.shape[0], -1)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x)
        x = nn.Dropout(self.rate, deterministic=not train)(x)
        return nn.Dense(MANY, kernel_init=plain_kernel)(x)


WATCHED_NETWORK = WatchedNetwork()
WATCHED_APPLY = WATCHED_NETWORK.apply
SIZES = (6, 6, 2)


def watched_state(numbers: Numbers) -> TrainState:
    return small_state(numbers, PLAIN).replace(apply_fn=WATCHED_APPLY)


def ragged_batches(numbers: Numbers, state: Any) -> list[tuple[Any, Any]]:
    """Two full batches, all of which is right, and a small one, all of which is wrong."""
    batches = []
    for size in SIZES:
        images, labels = small_images(numbers, size)
        best = small_oracle(state, images, labels, train=False)["logits"].argmax(axis=1)
        batches.append((np.asarray(images), ((best + (size != 6)) % MANY).astype(np.int32)))
    return batches


def evaluated(learner: Learner, state: Any, batches: list[tuple[Any, Any]]) -> Called:
    """One call, with a generator of the batches, that can be read once."""

    def one_by_one() -> Iterator[tuple[Any, Any]]:
        yield from batches

    text = "evaluate(state, batches of " + ", ".join(str(len(labels)) for _, labels in batches) + ")"
    return learner.evaluate.using(text, learner.evaluate.function, state, one_by_one())


class Stream:
    """Batches that can be walked through once, as a generator's; it counts how often somebody begins."""

    def __init__(self, batches: list[tuple[Any, Any]]) -> None:
        self._batches = iter(batches)
        self.walks = 0

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        self.walks += 1
        return self._batches


@check(
    "evaluate",
    "correct",
    hint="A generator is empty after one walk. Count the examples in the same loop that adds up losses and hits.",
)
def test_evaluate_walks_through_the_batches_once(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    stream, handle = Stream(ragged_batches(numbers, state)), learner.evaluate
    text = "evaluate(state, batches)"
    with suppress(Verdict):  # whatever else is wrong, other checks say better
        handle.using(text, handle.function, state, stream)
    Called(text, None).require(
        stream.walks <= 1,
        "walks through the batches more than once",
        expected="one walk, as `batches` may be a generator",
        got=f"{stream.walks}",
    )


@check(
    "evaluate",
    "correct",
    hint="A mean over batches gives the examples of a small batch more weight. Add up what is right and how many there are, and "
    "divide once, at the end.",
)
def test_evaluate_weighs_each_example_alike(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    called = evaluated(learner, state, ragged_batches(numbers, state))
    dropped = (
        "Is the last batch, of 2, left out? Evaluation uses every example, also of a batch that is not full."
    )
    called[1].close_to(12 / 14, hint=told_by(called[1].value, {dropped: 1.0}))


@check(
    "evaluate",
    "correct",
    hint="The losses add up as well: the sum over all examples of -log softmax(logits)[label], divided by their number. "
    "The network runs with train=False.",
)
def test_evaluate_averages_the_losses(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    batches = ragged_batches(numbers, state)
    losses = [small_oracle(state, images, labels, train=False)["losses"] for images, labels in batches]
    evaluated(learner, state, batches)[0].close_to(np.concatenate(losses).mean(), **NORMALIZED)


@check(
    "evaluate",
    "correct",
    hint="exp(1e4) is infinite, and the log of a probability that underflowed is -inf: take the log-softmax in one go, as"
    " optax.softmax_cross_entropy_with_integer_labels does, and add nothing to a probability.",
)
def test_evaluate_survives_large_logits(learner: Learner, numbers: Numbers) -> None:
    state, labels = with_large_logits(watched_state(numbers))
    batches = [(np.asarray(small_images(numbers, 6)[0]), np.asarray(labels)) for _ in range(2)]
    losses = [small_oracle(state, images, labels, train=False)["losses"] for images, labels in batches]
    evaluated(learner, state, batches)[0].close_to(np.concatenate(losses).mean(), rtol=1e-4)


@check("evaluate", "correct", hint="One batch may be all there is, and JAX arrays do as well as NumPy's.")
def test_evaluate_takes_a_single_batch(learner: Learner, numbers: Numbers) -> None:
    state = watched_state(numbers)
    images, labels = ragged_batches(numbers, state)[2]
    evaluated(learner, state, [(jnp.asarray(images), jnp.asarray(labels))])[1].close_to(0.0)


@check(
    "evaluate",
    "jit",
    hint="jit remembers compiled programs by the function object. A lambda or a def inside `evaluate` is new at each call; "
    "state.apply_fn is the same one each time: jax.jit(state.apply_fn, static_argnames='train') finds its programs again. Give "
    "it the parameters as arguments.",
)
def test_evaluate_compiles_once_for_each_shape(learner: Learner, numbers: Numbers) -> None:
    first, second = watched_state(numbers), watched_state(numbers)
    batches = ragged_batches(numbers, first)
    WATCHED.modes.clear()
    called = evaluated(learner, first, batches)
    once = len(WATCHED.modes)
    called.require(
        once <= 2,
        "does not run the network compiled",
        expected="at most 2 runs of the network's Python code: a trace for each shape",
        got=f"{once} runs for {len(batches)} batches of two shapes",
        hint="Put the forward pass under jit, outside the loop over the batches.",
    )
    again = evaluated(learner, second, batches)
    again.require(
        len(WATCHED.modes) <= 2,
        "compiles the network again for a later state",
        expected="no new trace: shapes and dtypes are those of the call before",
        got=f"{len(WATCHED.modes) - once} more",
        kind=Kind.RETRACED,
    )
    losses = [small_oracle(second, images, labels, train=False)["losses"] for images, labels in batches]
    again[0].close_to(np.concatenate(losses).mean(), **NORMALIZED)
