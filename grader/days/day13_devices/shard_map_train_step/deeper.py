"""The deeper look at shard_map_train_step."""

from __future__ import annotations

import jax

from grader.days.day13_devices.shard_map_train_step.checks import data_mesh
from grader.days.day13_devices.shared import (
    ROWS,
    drawn_regression,
    near_step,
    step_oracle,
    whole_on_each_device,
)
from grader.toolkit import Draw, Learner, check, compiled_if_possible


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
