"""Checks of fit."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from grader.days.day14_flax_cnn.shared import (
    STATISTICS,
    WATCHED,
    must_be_alike,
    must_be_state,
    plain_kernel,
    small_oracle,
)
from grader.toolkit import RISK, Array, Called, Handle, Learner, check, digits, wide

EPOCHS = 12
TOY_TRAIN, TOY_TEST = 149, 151  # more than a batch, and primes: nobody's batches divide them
# Over keys the reference reaches 0.986 to 0.997, and Adam with a constant 1e-3 from 0.972 on.
DIGIT_EPOCHS, ENOUGH = 20, 0.97


class DigitNetwork(nn.Module):
    """A convolution with batch normalisation, dropout, and a dense layer: the least that learns this well."""

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        x = nn.Conv(32, (3, 3), kernel_init=plain_kernel)(images)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        x = nn.max_pool(nn.relu(x), (2, 2), (2, 2))  # type: ignore[no-untyped-call]
        x = nn.Dropout(0.25, deterministic=not train)(x.reshape(x.shape[0], -1))
        return nn.Dense(10, kernel_init=plain_kernel)(x)


class LoggingNetwork(nn.Module):
    """A small network that keeps a log among its batch statistics: which images it was shown, in what order, with what keys.

    An image is four numbers, and then its own number, which is for the log alone: too large to be rounded unseen.
    """

    @nn.compact
    def __call__(self, images: Any, train: bool) -> Any:
        x = images.reshape(images.shape[0], -1)
        seen = self.variable(STATISTICS, "seen", lambda: jnp.full(LOG, -1, jnp.int32))
        keys = self.variable(STATISTICS, "keys", lambda: jnp.zeros(LOG, jnp.uint32))
        steps = self.variable(STATISTICS, "steps", jnp.zeros, (), jnp.int32)
        images_seen = self.variable(STATISTICS, "images", jnp.zeros, (), jnp.int32)
        if not self.is_initializing():
            WATCHED.modes.append(train)
            if train:
                key = jnp.sum(jax.random.key_data(self.make_rng("dropout")), dtype=jnp.uint32)
                numbers = x[:, 4].astype(jnp.int32) - FIRST_NUMBER
                seen.value = lax.dynamic_update_slice(seen.value, numbers, (images_seen.value,))
                keys.value = keys.value.at[steps.value].set(key)
                images_seen.value = images_seen.value + len(images)
                steps.value = steps.value + 1
        x = nn.BatchNorm(use_running_average=not train, momentum=0.75)(x[:, :4])
        return nn.Dense(3, kernel_init=plain_kernel)(x)


LOG = 4096  # longer than the longest run
FIRST_NUMBER = 1025  # of an image: one that bfloat16 does not have
DIGIT_NETWORK, TOY_NETWORK = DigitNetwork(), LoggingNetwork()


def toy_data(seed: int, n: int) -> tuple[Any, Any]:
    """Three heaps of points, far from 0, as images for LoggingNetwork."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    centres = np.array([[3.0, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]])
    points = 6 + centres[labels] + generator.normal(0, 0.5, (n, 4))
    numbered = np.concatenate([points, FIRST_NUMBER + np.arange(n)[:, None]], axis=1)
    # Of test images the last are called what they are not: no measure can leave them out unseen.
    if seed != 1:
        labels = np.where(np.arange(n) >= n - n // 10, (labels + 1) % 3, labels)
    return jnp.asarray(numbered.reshape(n, 5, 1, 1), jnp.float32), jnp.asarray(labels, jnp.int32)


@dataclass
class Run:
    """One run of `fit`, and what the network noticed of it."""

    called: Called
    modes: list[bool]

    @property
    def state(self) -> Any:
        return self.called.value[0]

    @property
    def seen(self) -> Array:
        """The numbers of the images that training was shown, in their order."""
        log = self.state.batch_stats
        return np.asarray(log["seen"])[: int(log["images"])]

    @property
    def keys(self) -> Array:
        """A number for each step's key for dropout."""
        log = self.state.batch_stats
        return np.asarray(log["keys"])[: int(log["steps"])]

    def must_be_compiled(self) -> None:
        """The network's Python code ran less often than there were epochs. Raises WrongAnswer."""
        self.called.require(
            len(self.modes) < EPOCHS,
            "does not run the network compiled",
            expected=f"fewer runs of the network's Python code than epochs: a few traces, under {EPOCHS}",
            got=f"{len(self.modes)} runs in {EPOCHS} epochs",
            hint=COMPILE_ONCE,
        )


COMPILE_ONCE = (
    "Compile once, before the loop over epochs: a step, or a whole epoch with lax.scan, and the evaluation. A function "
    "that is defined or put under jit within the loop is traced in each round."
)


@functools.cache
def toy_state_shapes() -> Any:
    """Parameters and statistics of the toy network, as shapes."""
    images = jax.ShapeDtypeStruct((1, 5, 1, 1), jnp.float32)
    return jax.eval_shape(functools.partial(TOY_NETWORK.init, train=False), jax.random.key(0), images)


@functools.cache
def toy_run(handle: Handle, seed: int, n: int, m: int, test_seed: int, epochs: int) -> Run:
    """A run on toy data, once for all checks. Raises WrongAnswer."""
    train, test = toy_data(1, n), toy_data(test_seed, m)
    text = f"fit(key, network, {n} images, {m} images, {epochs})"
    WATCHED.modes.clear()
    called = handle.using(text, handle.function, jax.random.key(seed), TOY_NETWORK, train, test, epochs)
    modes = list(WATCHED.modes)
    state = must_be_state(called, called.value[0])
    for name, tree in (("params", state.params), (STATISTICS, state.batch_stats)):
        must_be_alike(f"{text}[0].{name}", tree, toy_state_shapes()[name])
    return Run(called, modes)


def first_run(learner: Learner) -> Run:
    return toy_run(learner.fit, 0, TOY_TRAIN, TOY_TEST, 2, EPOCHS)


@check(
    "fit",
    "correct",
    hint="An accuracy is measured after each epoch; collect them, and jnp.stack them at the end. The network has batch "
    "statistics and dropout: training gives it mutable= and rngs=, evaluation does not.",
)
def test_fit_gives_an_accuracy_for_each_epoch(learner: Learner) -> None:
    accuracies = first_run(learner).called[1]
    values = np.asarray(accuracies.value)
    whole = values * TOY_TEST
    accuracies.require(
        np.all((values >= 0) & (values <= 1) & (np.abs(whole - np.round(whole)) < 1e-3)),
        "are no accuracies",
        expected=f"shares of {TOY_TEST} images",
        got=", ".join(f"{value:.3g}" for value in values[:6]),
        hint="An accuracy is what is right over *all* of `test`, divided by their number: nothing is left out of a measurement, "
        "not even a small last batch.",
    )


@check(
    "fit",
    "correct",
    hint="The last accuracy is that of the state that is returned: all of `test`, its last few images too, with train=False, "
    "after the last epoch.",
)
def test_fit_measures_in_evaluation_mode(learner: Learner) -> None:
    run = first_run(learner)
    run.called.require(
        True in run.modes,
        "never trains",
        expected="the network called with train=True, and with train=False",
        got="train=False alone",
        hint="A step of training calls the network with train=True.",
    )
    run.called.require(
        False in run.modes,
        "measures in training mode",
        expected="the network called with train=True, and with train=False",
        got="train=True alone",
        hint="In training mode dropout and the batch change every accuracy: measure with train=False.",
    )
    images, labels = toy_data(2, TOY_TEST)
    state = run.state
    logits = small_oracle(state, images[:, :4], labels, train=False)["logits"]
    expected = np.mean(logits.argmax(axis=1) == np.asarray(labels))
    Called(f"{run.called.text}[1][-1]", run.called.value[1][-1]).close_to(expected)


@check(
    "fit",
    "correct",
    hint="The state that is returned is the last one, and its statistics have moved with every step. Evaluation uses them.",
)
def test_fit_moves_the_statistics(learner: Learner) -> None:
    run = first_run(learner)
    images, _ = toy_data(1, TOY_TRAIN)
    mean = wide(images).reshape(TOY_TRAIN, -1)[:, :4].mean(axis=0)
    # The means of batches scatter about the mean of all, by about 1. Unmoved, they stay 6 and more away.
    far = np.abs(wide(run.state.batch_stats["BatchNorm_0"]["mean"]) - mean).max()
    run.called.require(
        far < 3,
        "has statistics that are not those of the data",
        expected="means about those of the training images",
        got=f"a mean that is {far:.2g} away",
    )


@check(
    "fit",
    "correct",
    hint="An order is a permutation: each image comes once before any comes twice. jax.random.randint draws with replacement; "
    "jax.random.permutation(key, n) does not. Of an epoch only the rest that fills no batch may be left out.",
)
def test_fit_visits_the_images_once_an_epoch(learner: Learner) -> None:
    run = first_run(learner)
    size = len(run.seen) // EPOCHS
    distinct = min(len(set(run.seen[size * epoch : size * (epoch + 1)])) for epoch in range(EPOCHS))
    # Somebody may fill up the last batch with images that came before.
    run.called.require(
        distinct >= 0.9 * min(size, TOY_TRAIN) and distinct > TOY_TRAIN / 2,
        "does not visit the images once an epoch",
        expected=f"most of the {TOY_TRAIN} images in each epoch",
        got=f"an epoch of {size} images, {distinct} of them different",
    )


@check(
    "fit",
    "correct",
    hint="Each epoch needs a permutation by a key of its own: jax.random.split(key, n_epochs) gives one for each.",
)
def test_fit_takes_a_new_order_each_epoch(learner: Learner) -> None:
    run = first_run(learner)
    size = len(run.seen) // EPOCHS
    first, second = run.seen[:size], run.seen[size : 2 * size]
    run.called.require(
        not np.array_equal(first, np.sort(first)) and not np.array_equal(first, second),
        "visits the images in an order that is not new",
        expected="another order in each epoch",
        got="the first epoch begins with images "
        + ", ".join(map(str, first[:4]))
        + ", the second with "
        + ", ".join(map(str, second[:4])),
    )


@check(
    "fit",
    "correct",
    hint="Shuffle all images, and cut off afterwards what fills no batch, so that others are left out each time: cut off before"
    " the shuffle, some images are never seen.",
)
def test_fit_leaves_no_image_out_for_good(learner: Learner) -> None:
    run = first_run(learner)
    size = len(run.seen) // EPOCHS
    epochs = [set(run.seen[size * epoch : size * (epoch + 1)].tolist()) for epoch in range(EPOCHS)]
    never = TOY_TRAIN - len(set().union(*epochs))
    # An image is left out by chance as often as it fills no batch; so many are left out in all epochs at the very most.
    usual = TOY_TRAIN * float(np.prod([1 - len(epoch) / TOY_TRAIN for epoch in epochs]))
    most = next(count for count in itertools.count() if _at_least(count + 1, usual) < RISK)
    run.called.require(
        never <= most,
        "never uses some of the images",
        expected=f"each image in some of {EPOCHS} epochs, others left out each time",
        got=f"{never} of {TOY_TRAIN} images in none",
    )


def _at_least(count: int, mean: float) -> float:
    """With what probability a Poisson variable reaches `count`, at most."""
    return (
        1.0 if count <= mean else math.exp(count - mean + count * math.log(mean / count)) if mean > 0 else 0.0
    )


@check(
    "fit",
    "correct",
    hint="Each step drops other numbers: make its key from yours and the count of steps, jax.random.fold_in(key, state.step), or "
    "split one off for each step.",
)
def test_fit_drops_anew_at_each_step(learner: Learner) -> None:
    run = first_run(learner)
    run.called.require(
        len(set(run.keys)) == len(run.keys),
        "takes a key for dropout more than once",
        expected=f"{len(run.keys)} keys for {len(run.keys)} steps",
        got=f"{len(set(run.keys))} different key{'s' * (len(set(run.keys)) > 1)}",
    )


@check(
    "fit",
    "correct",
    hint="Training looks at `train` and at the key. `test` is for measuring: nothing of it may reach the parameters, neither "
    "by gradients nor by the choice of the best epoch. And keys made from the clock, or by NumPy, cannot be had again.",
)
def test_fit_does_not_look_at_the_test_images(learner: Learner) -> None:
    first = first_run(learner)
    second = toy_run(learner.fit, 0, TOY_TRAIN, TOY_TEST, 3, EPOCHS)  # other test images
    pairs = zip(jax.tree.leaves(first.state.params), jax.tree.leaves(second.state.params), strict=False)
    # Two programs may round differently; over some steps that grows a little.
    second.called.require(
        all(np.allclose(one, other, rtol=1e-3, atol=1e-4) for one, other in pairs),
        "trains other parameters in a second run, in which only the test images were others",
        expected="the same parameters for the same key and training images",
        got="other parameters",
    )


@check(
    "fit",
    "correct",
    hint="An epoch of n // size batches has none when n is smaller than size: take min(size, n).",
)
def test_fit_takes_few_images(learner: Learner) -> None:
    run = toy_run(learner.fit, 0, 5, 3, 2, 2)
    run.called.require(
        len(run.keys) >= 2,
        "leaves out steps of training",
        expected="at least one step an epoch",
        got=f"{len(run.keys)} step{'s' * (len(run.keys) != 1)} in 2 epochs",
    )


@check("fit", "correct", hint="Parameters, orders and dropout all come from `key`: no keys of your own.")
def test_fit_uses_its_key(learner: Learner) -> None:
    runs = [toy_run(learner.fit, seed, 5, 3, 2, 2) for seed in (0, 1)]
    kernels = [np.asarray(run.state.params["Dense_0"]["kernel"]) for run in runs]
    runs[1].called.require(
        not np.array_equal(kernels[0], kernels[1]),
        "gives the same parameters for two keys",
        expected="other parameters for another key",
        got="equal ones",
    )


@check(
    "fit",
    "correct",
    patience=4,  # compiled loops over convolutions, an honest way, take four times as long on a CPU
    hint="Every epoch needs a new order of its own, the same for images and labels (here they come sorted by label). Else look "
    "at the learning rate (Adam with 1e-3 to 1e-2), at the size of a batch (32 to 128), and at whether parameters, "
    "optimiser's state and statistics all go from step to step.",
)
def test_fit_learns_to_read_digits(learner: Learner) -> None:
    first_run(learner).must_be_compiled()  # else the run on digits takes minutes
    images, labels = digits()
    order = np.random.default_rng(0).permutation(len(labels))
    test, train = order[:360], np.sort(order[360:])
    train = train[np.argsort(labels[train], kind="stable")]

    def part(rows: Array) -> tuple[Any, Any]:
        return jnp.asarray(images[rows, :, :, None] / 16, jnp.float32), jnp.asarray(labels[rows])

    handle = learner.fit
    text = f"fit(key, network, 1437 digits, 360 digits, {DIGIT_EPOCHS})"
    called = handle.using(
        text, handle.function, jax.random.key(0), DIGIT_NETWORK, part(train), part(test), DIGIT_EPOCHS
    )
    accuracies = np.asarray(called.value[1])
    called.require(
        len(set(accuracies.tolist())) > 1,
        "gives the same accuracy for all epochs",
        expected="for each epoch what was measured after it",
        got=f"{accuracies[0]:.3f}, {len(accuracies)} times",
        hint="Measure after each epoch, with the state of that moment, and keep all measurements.",
    )
    accuracy = float(accuracies[-1])
    called.require(
        accuracy >= ENOUGH,
        "does not learn enough",
        expected=f"an accuracy of {ENOUGH} or more on the held-out digits",
        got=f"{accuracy:.3f} after {DIGIT_EPOCHS} epochs",
    )


@check("fit", "jit", hint=COMPILE_ONCE)
def test_fit_traces_a_few_times(learner: Learner) -> None:
    first_run(learner).must_be_compiled()
