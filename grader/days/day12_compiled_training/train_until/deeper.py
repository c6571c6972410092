"""The deeper look at train_until."""

from __future__ import annotations

import math

import numpy as np

from grader.days.day12_compiled_training.shared import (
    NAN_STAYS,
    PYTHONS_NUMBERS,
    START,
    all_nan,
    like,
    simple_data,
    takes_pythons_numbers,
    with_nan,
)
from grader.days.day12_compiled_training.train_until.checks import (
    SCRIPT,
    called_until,
    right_until,
    scripted_params,
    until,
    until_arguments,
)
from grader.toolkit import Draw, Learner, Numbers, check, raised


@check(
    "train_until",
    "deeper",
    hint="An epoch improves when its loss is less than the least number so far, by however little; the count of epochs without"
    " improvement begins anew then.",
)
def test_train_until_in_many_cases(learner: Learner, draw: Draw) -> None:
    n_epochs, patience = draw.integer(0, SCRIPT - 1), draw.integer(1, SCRIPT)
    kind = draw.one_of("whole", "of any size")
    if kind == "whole":
        v = np.asarray(draw.integers(SCRIPT, -3, 3), np.float64)
    else:
        v = np.array(draw.floats(SCRIPT, magnitudes=(1e-9, 1e9), special=(math.inf, -math.inf)), np.float64)
    missing = np.asarray(draw.booleans(SCRIPT)) & np.asarray(draw.booleans(SCRIPT))
    v[1:] = np.where(missing[1:], np.nan, v[1:])
    until(learner, [float(one) for one in v], n_epochs, patience)


@check(
    "train_until",
    "deeper",
    hint="Epochs and patience are any numbers: no bound of your own, and no counter of few bits.",
)
def test_train_until_waits_for_hundreds_of_epochs(learner: Learner) -> None:
    v = [9.0] * 3000
    v[300], v[1500], v[2900] = 8.0, 7.0, 6.0
    data = simple_data(0.0)
    # An int32 still holds the largest patience and an epoch together: so may an answer reckon its last epoch.
    for n_epochs, patience in ((2999, 280), (2999, 1250), (1000, 2000), (2999, 2_000_000_000)):
        arguments = until_arguments(scripted_params(v), data, n_epochs, patience)
        result = called_until(learner, arguments)
        text = f"train_until with losses of 9, but for epochs 300, 1500, 2900, n_epochs={n_epochs}, patience={patience}"
        right_until(result, text, v, START, data, n_epochs, patience)


@check("train_until", "deeper", hint=NAN_STAYS)
def test_train_until_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    params = scripted_params([float(SCRIPT - k) for k in range(SCRIPT)])
    for data in with_nan(numbers, 0.0):
        result = called_until(learner, until_arguments(params, data, 3, 2))
        all_nan(like(result[0], params)["w"])


@check("train_until", "deeper", hint=PYTHONS_NUMBERS, answers=raised())
def test_train_until_takes_python_ints(learner: Learner) -> None:
    *arguments, _, _ = until_arguments(scripted_params([9.0, 5.0, 7.0, 8.0]), simple_data(0.0), 3, 2)
    takes_pythons_numbers(learner.train_until, ("n_epochs", "patience"), *arguments, 3, 2)
