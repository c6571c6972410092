"""Checks of train_minibatches."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    ATOL,
    MIXES,
    MOMENTUM,
    RATE,
    RECORDER,
    RTOL,
    START,
    STATE_HINT,
    Data,
    N,
    Tree,
    called,
    compiled,
    descent_oracle,
    drawn_data,
    ends_in_nothing,
    kept_its_state,
    like,
    mixed,
    near,
    overflowing,
    recorded_params,
    reuses_no_key,
    simple_data,
    tiny,
    took_steps,
    uphill,
)
from grader.toolkit import (
    Array,
    Called,
    Kind,
    Learner,
    Numbers,
    Pattern,
    Shown,
    check,
    compiles_once,
    hint_when,
    looks_like,
    of_kind,
    same_size_for,
    wide,
)


def numbered_error(params: Tree, x: Any, y: Any) -> Any:
    """Mean squared error of a batch; column 0 of x is the example's number."""
    which = (x[:, :1] == jnp.arange(N)).astype(jnp.float32)
    seen = jnp.stack([jnp.sum(which, axis=0), y @ which])
    return jnp.mean((x[:, 1:] @ params["w"] - y) ** 2) + jnp.vdot(params["probe"], seen)


N_EPOCHS, SIZE = 4, 4
PER_EPOCH = N // SIZE
MANY_RUNS = 32


def batch_arguments(
    numbers: Numbers, data: Data, w: Any, n_epochs: int = N_EPOCHS, batch_size: int = SIZE
) -> tuple[Any, ...]:
    params = Shown("params", recorded_params(w))
    return numbers.key(), params, *data, RECORDER, numbered_error, n_epochs, batch_size


def by_batches(learner: Learner, numbers: Numbers, data: Data, w: Any = START) -> Called:
    """Parameters and losses after a run by batches, in the right structure."""
    one_an_epoch = "losses[e] is the mean of the losses of epoch e: one number an epoch."
    with hint_when(of_kind(Kind.SHAPE, Kind.DTYPE, part="[1]"), one_an_epoch):
        result = called(learner.train_minibatches, *batch_arguments(numbers, data, w))
    like(result[0], recorded_params(w))
    return result


def numbered_data() -> tuple[jax.Array, jax.Array]:
    """Example i has the target 10 i."""
    x, _ = simple_data(np.arange(N))
    return x, jnp.asarray(10 * np.arange(N), jnp.float32)


def seen_by(params: Tree) -> Array:
    """How often each step of a recorded run saw each example: (steps, N)."""
    seen: Array = np.rint(np.nan_to_num(wide(params["log"])[:, 0], nan=-1.0)).astype(int)
    return seen


def dealt_to(result: Called) -> Array:
    """The examples of each batch of a recorded run, sorted: (epochs, batches, places). Raises WrongAnswer."""
    seen = seen_by(result.value[0])
    wrong = next((int(row.sum()) for row in seen if row.sum() != SIZE or row.min() < 0), SIZE)
    result.require(
        wrong == SIZE and seen.min() >= 0,
        "has batches of another size",
        expected=f"{SIZE} examples in each of {PER_EPOCH} batches an epoch",
        got=f"a batch of {wrong}",
    )
    rows = [np.repeat(np.arange(N), row) for row in seen]
    return np.stack(rows).reshape(N_EPOCHS, PER_EPOCH, SIZE)


@check(
    "train_minibatches",
    "correct",
    hint="n // batch_size full batches in each epoch, a step for each batch. The rest of the examples sits the epoch out.",
)
def test_train_minibatches_takes_a_step_for_each_batch(learner: Learner, numbers: Numbers) -> None:
    result = by_batches(learner, numbers, numbered_data())
    took_steps(result[0], N_EPOCHS * PER_EPOCH, f"{PER_EPOCH} full batches in each of {N_EPOCHS} epochs")
    dealt_to(result)


@check("train_minibatches", "correct", hint=STATE_HINT)
def test_train_minibatches_keeps_the_state(learner: Learner, numbers: Numbers) -> None:
    kept_its_state(by_batches(learner, numbers, numbered_data())[0], N_EPOCHS * PER_EPOCH)


@check(
    "train_minibatches",
    "correct",
    hint="One order serves both: x[batch] and y[batch] by the same indices.",
)
def test_train_minibatches_keeps_the_pairs(learner: Learner, numbers: Numbers) -> None:
    x, y = numbered_data()
    result = by_batches(learner, numbers, (x, y))
    targets, seen = wide(result.value[0]["log"])[:, 1], seen_by(result.value[0])
    apart = np.argwhere(np.abs(targets - seen * wide(y)) > 0.5)
    step, example = (int(i) for i in apart[0]) if len(apart) else (0, 0)
    result.require(
        not len(apart),
        "takes pairs apart",
        expected=f"example {example} with its target {10 * example}",
        got=f"with target {targets[step, example]:g} in step {step}",
    )


@check(
    "train_minibatches",
    "correct",
    hint="A permutation of all n indices holds each of them once: cut it into batches that do not overlap, of which number b"
    " begins at b · batch_size. Batches drawn one by one repeat some.",
)
def test_train_minibatches_uses_an_example_once_an_epoch(learner: Learner, numbers: Numbers) -> None:
    result = by_batches(learner, numbers, numbered_data())
    times = seen_by(result.value[0]).reshape(N_EPOCHS, PER_EPOCH, N).sum(axis=1)
    epoch, example = (int(i) for i in np.unravel_index(np.argmax(times), times.shape))
    result.require(
        times[epoch, example] <= 1,
        "uses an example twice in an epoch",
        expected="each example at most once an epoch",
        got=f"example {example} {times[epoch, example]} times in epoch {epoch}",
    )


@check(
    "train_minibatches",
    "correct",
    hint="Shuffle inside the loop over epochs, with a key of its own for each epoch: scan over split keys.",
)
def test_train_minibatches_shuffles_each_epoch(learner: Learner, numbers: Numbers) -> None:
    result = by_batches(learner, numbers, numbered_data())
    seen = seen_by(result.value[0]).reshape(N_EPOCHS, -1)
    # A right answer repeats itself in four epochs with probability 1 / 3150³ = 3e-11.
    result.require(
        len({row.tobytes() for row in seen}) > 1,
        "has the same batches in every epoch",
        expected=f"new batches in each of {N_EPOCHS} epochs",
        got="the same batches in the same order",
    )


@check("train_minibatches", "correct", hint="All shuffles come from the key that is given.")
def test_train_minibatches_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    one, two = (by_batches(learner, numbers, numbered_data()) for _ in range(2))
    one.require(
        not np.array_equal(seen_by(one.value[0]), seen_by(two.value[0])),
        "ignores its key",
        expected="other batches for another key",
        got="the same batches",
    )


def many_epochs(learner: Learner, numbers: Numbers) -> tuple[Called, Array]:
    """A call to speak of, and the batches of many epochs: (epochs, batches, places)."""
    data = numbered_data()
    result = by_batches(learner, numbers, data)
    found = [dealt_to(result)]
    try:
        run = compiled(learner.train_minibatches).function
        more = [
            Called(result.text, run(*batch_arguments(numbers, data, START))) for _ in range(MANY_RUNS - 1)
        ]
    except Exception:  # it does not compile, which is a question for later
        more = [by_batches(learner, numbers, data) for _ in range(7)]
    found += [dealt_to(one) for one in more]
    return result, np.concatenate(found)


@check(
    "train_minibatches",
    "correct",
    hint="Shuffle all n examples first, and cut the rest off afterwards, so that others sit out each time.",
)
def test_train_minibatches_leaves_nobody_out_for_good(learner: Learner, numbers: Numbers) -> None:
    result, deals = many_epochs(learner, numbers)
    never = sorted(set(range(N)) - set(deals.ravel().tolist()))
    # A right answer passes over one example in all of 128 epochs with probability 0.2^128, in 32 epochs 4e-23.
    result.require(
        not never,
        "never uses some of the examples",
        expected=f"each example in some of {len(deals)} epochs",
        got=f"never {', '.join(map(str, never))}",
    )


@check("train_minibatches", "correct", hint=MIXES)
def test_train_minibatches_mixes_the_batches(learner: Learner, numbers: Numbers) -> None:
    mixed(*many_epochs(learner, numbers), N)


@check(
    "train_minibatches",
    "correct",
    hint="Deal the examples anew in each epoch: batches that are dealt once, and come in another order each time, keep the same"
    " company.",
)
def test_train_minibatches_deals_anew_in_each_epoch(learner: Learner, numbers: Numbers) -> None:
    result, deals = many_epochs(learner, numbers)
    company = [frozenset(map(tuple, np.asarray(deal).tolist())) for deal in deals]
    runs = [company[first : first + N_EPOCHS] for first in range(0, len(company), N_EPOCHS)]
    pairs = [(run[one], run[two]) for run in runs for two in range(N_EPOCHS) for one in range(two)]
    same = sum(one == two for one, two in pairs)
    # Two epochs are alike with probability 1 / 1575: six such pairs of 192 come up once in 1e8 runs, ten of them never.
    result.require(
        same < 10,
        "has the same batches in several epochs of a run",
        expected=f"other batches in each of {N_EPOCHS} epochs",
        got=f"the same batches, in whatever order, in {same} of {len(pairs)} pairs of epochs",
    )


LOSSES = "losses[e] is the mean of the losses that the steps of epoch e saw, each before its step."


@check("train_minibatches", "correct", hint=AS_IT_IS)
def test_train_minibatches_follows_the_formula_everywhere(learner: Learner, numbers: Numbers) -> None:
    for case in (uphill, tiny):
        w, data = case(numbers, np.arange(N))
        result = by_batches(learner, numbers, data, w)
        expected, losses = run_by_batches(result, w, data)
        newest = (
            "Each batch's gradient is taken at the newest parameters, those that the batch before has left: carry them through"
            " the inner loop, too."
        )
        stale = {
            "all gradients at the parameters with which the epoch began": partial(begun, result, w, data)
        }
        with hint_when(looks_like(Pattern.NEIGHBOUR), newest):
            near(result[0]["w"], expected, stale)
        with hint_when(looks_like(Pattern.NEIGHBOUR), LOSSES):
            right_losses(result, losses, rtol=1e-3, atol=0.0)
    w, data = overflowing(numbers, np.arange(N))
    result = by_batches(learner, numbers, data, w)
    ends_in_nothing(result[0]["w"], "the rate is far too large here")
    ends_in_nothing(result[1][-1], "the parameters of the last epoch are so already")


def run_by_batches(result: Called, w: Any, data: Data) -> tuple[Array, Array]:
    """What a run comes to that sees the batches which this one saw: the last w, and the losses, (epochs, batches)."""
    x, y = (wide(part) for part in data)
    batches = dealt_to(result).reshape(-1, SIZE)
    last, losses = descent_oracle(w, [(x[rows], y[rows]) for rows in batches])
    return last, np.reshape(losses, (N_EPOCHS, PER_EPOCH))


def begun(result: Called, w: Any, data: Data) -> Array:
    """The last w of such a run, if all gradients of an epoch are taken at the parameters with which it begins."""
    x, y = (wide(part) for part in data)
    now, velocity = wide(w), np.zeros(2)
    for epoch in dealt_to(result):
        first = now
        for rows in epoch:
            inputs = x[rows, 1:]
            velocity = 2 * inputs.T @ (inputs @ first - y[rows]) / SIZE + MOMENTUM * velocity
            now = now - RATE * velocity
    return now


def right_losses(result: Called, losses: Array, **how: Any) -> None:
    """The losses are the means of those of each epoch, (epochs, batches). Raises WrongAnswer."""
    others = {
        "the loss of the last batch of each epoch": lambda: losses[:, -1],
        "the loss of the first batch of each epoch": lambda: losses[:, 0],
        "the sum of the losses of each epoch": lambda: losses.sum(axis=1),
    }
    result[1].close_to(losses.mean(axis=1), neighbours=others, **how)


def agrees_by_batches(result: Called, w: Any, data: Data) -> None:
    expected, losses = run_by_batches(result, w, data)
    result[0]["w"].close_to(expected, rtol=RTOL, atol=ATOL)
    right_losses(result, losses, rtol=RTOL, atol=ATOL, hint=LOSSES)


@check(
    "train_minibatches",
    "correct",
    hint="Each step takes loss and gradient of its own batch, at the parameters that the step before has left.",
)
def test_train_minibatches_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    data, w = drawn_data(numbers, np.arange(N)), numbers.normal(2)
    agrees_by_batches(by_batches(learner, numbers, data, w), w, data)


@check(
    "train_minibatches",
    "jit",
    hint="Two scans, one in the other: the outer one over the keys of the epochs, the inner one over rows of indices.",
)
def test_train_minibatches_does_not_grow(learner: Learner, numbers: Numbers) -> None:
    handle, data = compiled(learner.train_minibatches), numbered_data()
    few, many = (batch_arguments(numbers, data, START, n_epochs=n) for n in (N_EPOCHS, 2 * N_EPOCHS))
    same_size_for(handle, few, many)
    large, small = (batch_arguments(numbers, data, START, batch_size=size) for size in (5, 1))
    same_size_for(handle, large, small)


@check(
    "train_minibatches",
    "jit",
    hint="Key, parameters and data are traced; only counts and functions are static.",
)
def test_train_minibatches_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data = drawn_data(numbers, np.arange(N))
    starts = [numbers.normal(2) for _ in range(2)]
    calls = [batch_arguments(numbers, data, w) for w in starts]
    for w, result in zip(starts, compiles_once(compiled(learner.train_minibatches), calls), strict=True):
        like(result[0], recorded_params(w))
        agrees_by_batches(result, w, data)


@check(
    "train_minibatches",
    "jit",
    hint="One permutation serves both: x[rows] and y[rows]. Each epoch needs a key of its own: after key, subkey ="
    " jax.random.split(key) the shuffle, which splits its key inside, gets subkey, and key goes on.",
)
def test_train_minibatches_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(compiled(learner.train_minibatches), *batch_arguments(numbers, numbered_data(), START))
