"""Checks of train_with_history."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    ATOL,
    GOAL,
    NOISE,
    ROWS,
    RTOL,
    START,
    STATE_HINT,
    Data,
    called,
    compiled,
    depends_on_the_key,
    descent_oracle,
    drawing_error,
    drawn_data,
    ends_in_nothing,
    epoch_arguments,
    kept_its_state,
    like,
    near,
    neighbours,
    new_noise,
    noisy_batches,
    overflowing,
    recorded_params,
    reuses_no_key,
    simple_data,
    tiny,
    took_steps,
    uphill,
)
from grader.toolkit import Called, Handle, Learner, Numbers, check, compiles_once, same_size_for, told_by


def has_history(result: Called, w: Any) -> Called:
    like(result[0], recorded_params(w))
    return result


def with_history(learner: Learner, numbers: Numbers, data: Data, w: Any) -> Called:
    """Parameters and losses after a run of `train_with_history`, in the right structure."""
    result = called(learner.train_with_history, *epoch_arguments(numbers, data, w, ROWS))
    return has_history(result, w)


@check(
    "train_with_history",
    "correct",
    hint="n_epochs epochs, one step each: lax.scan over n_epochs keys, or with length=n_epochs.",
)
def test_train_with_history_runs_all_epochs(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(0.0), START)
    took_steps(result[0], ROWS, f"one in each of {ROWS} epochs")


@check("train_with_history", "correct", hint=STATE_HINT)
def test_train_with_history_keeps_the_state(learner: Learner, numbers: Numbers) -> None:
    kept_its_state(with_history(learner, numbers, simple_data(0.0), START)[0], ROWS)


@check(
    "train_with_history",
    "correct",
    hint="losses[0] belongs to the parameters that came in: write the loss down before the step. value_and_grad gives it"
    " together with the gradient.",
)
def test_train_with_history_begins_at_the_start(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(0.0), START)
    first, last = (float(np.asarray(result.value[1])[k]) for k in (0, -1))
    turned = (
        "It stands at the end: is the history the wrong way round? losses[0] is the first epoch's. Does the scan have"
        " reverse=True, or is the list turned?"
    )
    result.require(
        abs(first - 4) < 1e-5,
        "begins its history elsewhere",
        expected="losses[0] = (1 - 3)² = 4",
        got=f"{first:.5g}",
        hint=turned if abs(last - 4) < 1e-5 else None,
    )


@check(
    "train_with_history",
    "correct",
    hint="Each epoch: loss and gradient by value_and_grad, optimizer.update, optax.apply_updates; carry on the new ones.",
)
def test_train_with_history_by_hand(learner: Learner, numbers: Numbers) -> None:
    # The loss is (w - 3)², the rate 1/4, the momentum 1/2: all binary fractions.
    # w = 1, 2, 3, 3.5, 3.5, 3.25, 3, 2.875, 2.875
    result = with_history(learner, numbers, simple_data(0.0), START)
    losses = [4.0, 1.0, 0.0, 0.25, 0.25, 0.0625, 0.0, 0.015625]
    least = (
        "These are the least losses so far. losses[e] is the loss of epoch e as it is, which may rise again."
    )
    result[1].close_to(losses, hint=told_by(result[1].value, {least: np.minimum.accumulate(losses)}))
    result[0]["w"].close_to([2.875, 0.0])


@check("train_with_history", "correct", hint=NOISE)
def test_train_with_history_draws_new_noise_in_each_epoch(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(1.0), START)
    new_noise(result, result.value[0])


@check("train_with_history", "correct", hint="All keys of the epochs come from the key that is given.")
def test_train_with_history_depends_on_the_key(learner: Learner, numbers: Numbers) -> None:
    _, *rest = epoch_arguments(numbers, simple_data(1.0), START, ROWS)
    one, two = (
        has_history(called(learner.train_with_history, key, *rest), START) for key in neighbours(numbers)
    )
    depends_on_the_key(one.value[0], two.value[0], one)


def agrees_with_history(result: Called, w: Any, data: Data) -> None:
    params = result.value[0]
    expected, losses = descent_oracle(w, noisy_batches(params, *data, ROWS))
    result[0]["w"].close_to(expected, rtol=RTOL, atol=ATOL)
    result[1].close_to(
        np.array(losses),
        rtol=RTOL,
        atol=ATOL,
        hint="The loss in the list and the gradient belong to one and the same key: value_and_grad(loss)(params, x, y, key)"
        " gives both.",
    )


@check("train_with_history", "correct", hint="All examples in each epoch, and the newest parameters.")
def test_train_with_history_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    data, w = drawn_data(numbers, 0.5), numbers.normal(2)
    agrees_with_history(with_history(learner, numbers, data, w), w, data)


@check("train_with_history", "correct", hint=AS_IT_IS)
def test_train_with_history_follows_the_formula_everywhere(learner: Learner, numbers: Numbers) -> None:
    result = with_history(learner, numbers, simple_data(0.0), GOAL)
    took_steps(result[0], ROWS, f"one in each of {ROWS} epochs")
    result[1].equals(np.zeros(ROWS))
    for case in (uphill, tiny):
        w, data = case(numbers, 0.0)
        result = with_history(learner, numbers, data, w)
        expected, losses = descent_oracle(w, [data] * ROWS)
        near(result[0]["w"], expected)
        # Each loss for itself: the largest of them are more than the smallest by 1e20.
        result[1].close_to(np.array(losses), rtol=1e-3, atol=0.0)
    w, data = overflowing(numbers, 0.0)
    result = with_history(learner, numbers, data, w)
    ends_in_nothing(result[0]["w"], "the rate is far too large here")
    ends_in_nothing(result[1][-1], "the parameters of the last epoch are so already")


def same_size_of_history(learner: Learner, numbers: Numbers) -> Handle:
    handle = compiled(learner.train_with_history)
    few, many = (epoch_arguments(numbers, simple_data(0.0), START, n) for n in (ROWS // 2, ROWS))
    same_size_for(handle, few, many)
    return handle


@check(
    "train_with_history",
    "jit",
    hint="Key, parameters and data are traced: compute with them, branch on nothing.",
)
def test_train_with_history_compiles_once(learner: Learner, numbers: Numbers) -> None:
    data = drawn_data(numbers, 0.5)
    starts = [numbers.normal(2) for _ in range(2)]
    calls = [epoch_arguments(numbers, data, w, ROWS) for w in starts]
    for w, result in zip(starts, compiles_once(compiled(learner.train_with_history), calls), strict=True):
        agrees_with_history(has_history(result, w), w, data)


@check(
    "train_with_history",
    "jit",
    hint="lax.scan carries (params, state) from epoch to epoch and stacks the losses.",
)
def test_train_with_history_does_not_grow_with_its_epochs(learner: Learner, numbers: Numbers) -> None:
    same_size_of_history(learner, numbers)


@check(
    "train_with_history",
    "jit",
    hint="One call, one draw: jax.value_and_grad(loss)(params, x, y, key) gives the loss and the gradient from the same noise."
    " Each epoch has a key of its own.",
)
def test_train_with_history_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    arguments = epoch_arguments(numbers, simple_data(1.0), START, ROWS, drawing_error)
    reuses_no_key(compiled(learner.train_with_history), *arguments)
