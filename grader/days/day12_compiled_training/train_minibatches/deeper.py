"""The deeper look at train_minibatches."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    MANY_KEYS,
    NAN_STAYS,
    ONE_EPOCH,
    START,
    STATIC,
    WATCHING,
    N,
    Tree,
    all_nan,
    compiled,
    drawn_problem,
    even_chances,
    reach,
    repeats_nothing,
    watched_params,
    with_nan,
)
from grader.days.day12_compiled_training.train_minibatches.checks import (
    SIZE,
    batch_arguments,
    numbered_data,
    run_by_batches,
)
from grader.toolkit import Draw, Learner, Named, Numbers, Shown, check, raised

EPOCHS = 5000
NUMBERED, OF_THEM = 80, 50  # examples, and how many make the one batch of an epoch
NAMES = np.random.default_rng(0).integers(0, 2**16, (NUMBERED, 4)).astype(np.float32)


def batch_itself(params: Tree, x: Any, y: Any) -> Any:
    """A loss whose gradient is known by the examples of the batch: the sums of four numbers that each of them has."""
    return jnp.vdot(params["probe"], jnp.sum(x, axis=0))


@check(
    "train_minibatches",
    "deeper",
    hint="However many epochs there are, each is dealt by a key of its own: scan over split(key, n_epochs).",
)
def test_train_minibatches_never_repeats_an_epoch(learner: Learner, numbers: Numbers) -> None:
    params, x = Shown("params", watched_params()), jnp.asarray(NAMES)
    run = compiled(learner.train_minibatches)
    result = run(numbers.key(), params, x, x[:, 0], WATCHING, batch_itself, EPOCHS, OF_THEM)
    repeats_nothing(result[0], EPOCHS, "batch")


def noting() -> optax.GradientTransformation:
    """Learns nothing, and writes down the gradient of "probe" in each step."""

    def init(params: Tree) -> Any:
        return jnp.zeros((), jnp.int32)

    def update(gradients: Tree, age: Any, params: Tree = None) -> tuple[Tree, Any]:
        log = jnp.zeros_like(params["log"]).at[age].set(gradients["probe"])
        return {"probe": jnp.zeros(()), "log": log}, age + 1

    return optax.GradientTransformation(init, update)


NOTING = Named("optimizer", noting())


def batch_as_bits(params: Tree, x: Any, y: Any) -> Any:
    return params["probe"] * jnp.sum(x)


@check(
    "train_minibatches",
    "deeper",
    hint="Each epoch is dealt by itself: all batches are equally likely, whatever those of the epoch before were, and whoever sat"
    " that one out.",
)
def test_train_minibatches_likes_all_deals(learner: Learner, numbers: Numbers) -> None:
    # Two epochs, in each of which two of five examples make a batch, two others the next one, and one is left out.
    x = jnp.asarray(2.0 ** np.arange(5), jnp.float32)
    params = {"probe": jnp.zeros(()), "log": jnp.zeros(4)}
    handle = learner.train_minibatches.vmap(in_axes=(0, *(None,) * 7))
    handle = handle.jit(static_argnames=STATIC["train_minibatches"])
    found = handle.using(
        f"train_minibatches for {MANY_KEYS} keys, on 5 examples, by batches of 2, for 2 epochs",
        handle.function,
        jax.random.split(numbers.key(), MANY_KEYS),
        params,
        x,
        x,
        NOTING.value,
        batch_as_bits,
        2,
        2,
    )
    log = np.asarray(found.value[0]["log"]).astype(int).reshape(-1, 2)
    sets = [(1 << i) + (1 << j) for i in range(5) for j in range(i)]
    deals = {(one, two): k for k, (one, two) in enumerate((a, b) for a in sets for b in sets if not a & b)}
    outcomes = np.array([deals.get((int(one), int(two)), -1) for one, two in log]).reshape(-1, 2)
    found.require(
        outcomes.min() >= 0,
        "deals an example twice",
        expected="two batches of two examples, all different",
        got="others",
    )
    even_chances(
        found, outcomes @ np.array([len(deals), 1]), len(deals) ** 2, "pairs of deals, of two epochs,"
    )


@check("train_minibatches", "deeper", hint=AS_IT_IS)
def test_train_minibatches_in_many_cases(learner: Learner, draw: Draw) -> None:
    key, (w, data) = draw.key(), drawn_problem(draw, np.arange(N))
    _, _, _, _, *rest = batch_arguments(Numbers(0, "deeper"), data, w)
    _, params, *_ = batch_arguments(Numbers(0, "deeper"), data, w)
    result = compiled(learner.train_minibatches)(key, params, *data, *rest)
    expected, losses = run_by_batches(result, w, data)
    result[0]["w"].close_to(expected, rtol=1e-3, atol=1e-5 * reach(w, data, expected))
    means = losses.mean(axis=1)
    result[1].close_to(means, rtol=1e-3, atol=1e-5 * float(means.max()))


@check(
    "train_minibatches",
    "deeper",
    hint="n // batch_size batches, be it n of one example.",
)
def test_train_minibatches_takes_any_size_of_batch(learner: Learner, numbers: Numbers) -> None:
    names = jnp.asarray(NAMES[: 2 * SIZE + 1])
    for size in (1,):
        params = {"probe": jnp.zeros(()), "log": jnp.zeros(3 * len(names))}
        run = compiled(learner.train_minibatches)
        x = jnp.asarray(2.0 ** np.arange(len(names)), jnp.float32)
        result = run(numbers.key(), Shown("params", params), x, x, NOTING, batch_as_bits, 3, size)
        log = np.asarray(result.value[0]["log"]).astype(int)
        per_epoch = len(names) // size
        for epoch in range(3):
            seen = log[epoch * per_epoch : (epoch + 1) * per_epoch]
            result.require(
                sum(seen) == 2 ** len(names) - 1 and all(row.bit_count() == size for row in seen.tolist()),
                "deals otherwise",
                expected=f"all {len(names)} examples in batches of {size}, in epoch {epoch}",
                got=f"others, {math.fsum(seen):.0f} for the sum of their bits",
            )


@check("train_minibatches", "deeper", hint=NAN_STAYS)
def test_train_minibatches_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    for data in with_nan(numbers, np.arange(N)):
        data = jnp.where(jnp.isnan(data[0]).any(), data[0].at[:, 1].set(jnp.nan), data[0]), data[1]
        result = compiled(learner.train_minibatches)(*batch_arguments(numbers, data, START))
        all_nan(result[0]["w"])
        all_nan(result[1])


@check("train_minibatches", "deeper", hint=ONE_EPOCH, answers=raised())
def test_train_minibatches_takes_one_epoch_of_one_batch(learner: Learner, numbers: Numbers) -> None:
    # Traced only: the shapes show it.
    arguments = batch_arguments(numbers, numbered_data(), START, n_epochs=1, batch_size=N)
    compiled(learner.train_minibatches).program(*arguments)
