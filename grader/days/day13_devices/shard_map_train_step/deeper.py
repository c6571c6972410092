"""The deeper look at shard_map_train_step."""

from __future__ import annotations

from typing import Any

import jax

from grader.days.day13_devices.shard_map_train_step.checks import data_mesh
from grader.days.day13_devices.shared import (
    ROWS,
    UNITS,
    drawn_regression,
    near_step,
    near_step_in_any_unit,
    step_oracle,
    whole_on_each_device,
)
from grader.toolkit import Called, Draw, Learner, check, compiled_if_possible


@check(
    "shard_map_train_step",
    "deeper",
    hint="One step by the gradient of the mean squared error over all rows, on a mesh of any number of devices.",
)
def test_shard_map_train_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = draw.one_of(*(n for n in (jax.device_count(), 3, 5) if n <= jax.device_count()))
    problem, rate = drawn_regression(draw, ROWS * n), draw.floats(magnitudes=(1e-3, 10.0), low=0.0)
    called = compiled_if_possible(learner.shard_map_train_step, *problem, rate, data_mesh(n), static="mesh")
    near_step(called, step_oracle(*problem, float(rate)), *problem, float(rate))
    whole_on_each_device(called, n)


@check("shard_map_train_step", "deeper", hint=UNITS)
def test_shard_map_train_step_in_any_unit(learner: Learner) -> None:
    n = jax.device_count()

    def step(*call: Any) -> Called:
        return compiled_if_possible(learner.shard_map_train_step, *call, data_mesh(n), static="mesh")

    near_step_in_any_unit(step, ROWS * n)
