"""The deeper look at sharded_train_step."""

from __future__ import annotations

import functools

import jax

from grader.days.day13_devices.shared import (
    PYTHONS_RATE,
    RATE,
    ROWS,
    UNITS,
    drawn_regression,
    near_step,
    near_step_in_any_unit,
    regression,
    step_oracle,
    takes_pythons_rate,
)
from grader.toolkit import Draw, Learner, Numbers, check, compiled_if_possible, raised


@check(
    "sharded_train_step",
    "deeper",
    hint="One step by the gradient of the mean squared error over all rows, whatever their sizes: nothing is cut, and nothing"
    " left out.",
)
def test_sharded_train_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    problem = drawn_regression(draw, ROWS * jax.device_count())
    rate = draw.floats(magnitudes=(1e-3, 10.0), low=0.0)
    called = compiled_if_possible(learner.sharded_train_step, *problem, rate)
    near_step(called, step_oracle(*problem, float(rate)), *problem, float(rate))


@check("sharded_train_step", "deeper", hint=UNITS)
def test_sharded_train_step_in_any_unit(learner: Learner) -> None:
    step = functools.partial(compiled_if_possible, learner.sharded_train_step)
    near_step_in_any_unit(step, ROWS * jax.device_count())


@check("sharded_train_step", "deeper", hint=PYTHONS_RATE, answers=raised())
def test_sharded_train_step_takes_a_python_number(learner: Learner, numbers: Numbers) -> None:
    takes_pythons_rate(learner.sharded_train_step, *regression(numbers, ROWS * jax.device_count()), RATE)
