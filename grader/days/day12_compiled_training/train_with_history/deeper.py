"""The deeper look at train_with_history."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    EVERY_EPOCH,
    LONG,
    NAN_STAYS,
    ONE_EPOCH,
    RECORDER,
    ROWS,
    START,
    WATCHING,
    all_nan,
    called,
    compiled,
    descent_oracle,
    drawn_problem,
    epoch_arguments,
    key_itself,
    like,
    noisy_batches,
    noisy_error,
    reach,
    recorded_params,
    repeats_nothing,
    simple_data,
    watched_params,
    with_nan,
)
from grader.toolkit import Draw, Learner, Numbers, Shown, check, raised


@check("train_with_history", "deeper", hint=EVERY_EPOCH)
def test_train_with_history_never_repeats_a_key(learner: Learner, numbers: Numbers) -> None:
    nothing, params = jnp.zeros((1, 1)), Shown("params", watched_params())
    run = compiled(learner.train_with_history)
    result = run(numbers.key(), params, nothing, nothing, WATCHING, key_itself, LONG)
    repeats_nothing(result[0], LONG, "key")


@check("train_with_history", "deeper", hint=AS_IT_IS)
def test_train_with_history_in_many_cases(learner: Learner, draw: Draw) -> None:
    key, n_epochs = draw.key(), ROWS
    w, data = drawn_problem(draw, draw.one_of(0.0, 0.5))
    params = Shown("params", recorded_params(w))
    result = called(learner.train_with_history, key, params, *data, RECORDER, noisy_error, n_epochs)
    like(result[0], recorded_params(w))
    expected, losses = descent_oracle(w, noisy_batches(result.value[0], *data, n_epochs))
    scale = reach(w, data, expected)
    result[0]["w"].close_to(expected, rtol=1e-3, atol=1e-5 * scale)
    largest = max(losses)
    result[1].close_to(np.array(losses), rtol=1e-3, atol=1e-5 * largest)


@check("train_with_history", "deeper", hint=NAN_STAYS)
def test_train_with_history_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    for data in with_nan(numbers, 0.0):
        result = called(learner.train_with_history, *epoch_arguments(numbers, data, START, ROWS))
        all_nan(like(result[0], recorded_params(START))["w"])
        all_nan(result[1])


@check("train_with_history", "deeper", hint=ONE_EPOCH, answers=raised())
def test_train_with_history_takes_one_epoch(learner: Learner, numbers: Numbers) -> None:
    # Traced only: the shapes show it.
    compiled(learner.train_with_history).program(*epoch_arguments(numbers, simple_data(0.0), START, 1))
