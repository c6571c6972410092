"""The deeper look at sharded_train_step."""

from __future__ import annotations

import functools

import jax

from grader.days.day13_devices.shared import (
    ROWS,
    UNITS,
    drawn_regression,
    near_step,
    near_step_in_any_unit,
    step_oracle,
)
from grader.toolkit import Draw, Learner, check, compiled_if_possible


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
