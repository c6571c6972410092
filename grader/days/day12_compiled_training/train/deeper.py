"""The deeper look at train."""

from __future__ import annotations

import jax.numpy as jnp

from grader.days.day12_compiled_training.shared import (
    AS_IT_IS,
    EVERY_EPOCH,
    LONG,
    NAN_STAYS,
    PYTHONS_NUMBERS,
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
    takes_pythons_numbers,
    watched_params,
    with_nan,
)
from grader.toolkit import Draw, Learner, Numbers, Shown, check, raised


@check("train", "deeper", hint=EVERY_EPOCH)
def test_train_never_repeats_a_key(learner: Learner, numbers: Numbers) -> None:
    nothing, params = jnp.zeros((1, 1)), Shown("params", watched_params())
    run = compiled(learner.train)
    result = run(numbers.key(), params, nothing, nothing, WATCHING, key_itself, jnp.int32(LONG))
    repeats_nothing(result, LONG, "key")


@check("train", "deeper", hint=AS_IT_IS)
def test_train_in_many_cases(learner: Learner, draw: Draw) -> None:
    key, n_epochs = draw.key(), draw.integer(0, ROWS)
    w, data = drawn_problem(draw, draw.one_of(0.0, 0.5))
    params = Shown("params", recorded_params(w))
    result = called(learner.train, key, params, *data, RECORDER, noisy_error, jnp.int32(n_epochs))
    like(result, recorded_params(w))
    expected, _ = descent_oracle(w, noisy_batches(result.value, *data, n_epochs))
    scale = reach(w, data, expected)
    result["w"].close_to(expected, rtol=1e-3, atol=1e-5 * scale)


@check("train", "deeper", hint=NAN_STAYS)
def test_train_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    for data in with_nan(numbers, 0.0):
        result = called(learner.train, *epoch_arguments(numbers, data, START, jnp.int32(2)))
        all_nan(like(result, recorded_params(START))["w"])


@check("train", "deeper", hint=PYTHONS_NUMBERS, answers=raised())
def test_train_takes_a_python_int(learner: Learner, numbers: Numbers) -> None:
    takes_pythons_numbers(learner.train, ("n_epochs",), *epoch_arguments(numbers, simple_data(0.0), START, 3))
