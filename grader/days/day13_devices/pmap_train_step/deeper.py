"""The deeper look at pmap_train_step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.pmap_train_step.checks import pmap_oracle, pmap_problem
from grader.days.day13_devices.shared import (
    FEATURES,
    PYTHONS_RATE,
    RATE,
    ROWS,
    UNITS,
    Tree,
    drawn_regression,
    near_step,
    near_step_in_any_unit,
    takes_pythons_rate,
)
from grader.toolkit import Called, Draw, Learner, Numbers, check, compiled_if_possible, raised


@check(
    "pmap_train_step",
    "deeper",
    hint="One step by the gradient of the mean squared error over all rows, whatever their sizes: nothing is cut, and nothing"
    " left out.",
)
def test_pmap_train_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    n = jax.device_count()
    (params, x, y), rate = drawn_regression(draw, n * ROWS), draw.floats(magnitudes=(1e-3, 10.0), low=0.0)
    replicas = jax.tree.map(lambda leaf: jnp.asarray(np.stack([np.asarray(leaf)] * n)), params)
    shards = (
        jnp.asarray(np.asarray(x).reshape(n, ROWS, FEATURES)),
        jnp.asarray(np.asarray(y).reshape(n, ROWS)),
    )
    called = compiled_if_possible(learner.pmap_train_step, replicas, shards, rate)
    near_step(called, pmap_oracle(params, (x, y), float(rate)), params, x, y, float(rate))


@check("pmap_train_step", "deeper", hint=UNITS)
def test_pmap_train_step_in_any_unit(learner: Learner) -> None:
    n = jax.device_count()

    def step(params: Tree, x: jax.Array, y: jax.Array, rate: jax.Array) -> Called:
        replicas = jax.tree.map(lambda leaf: jnp.asarray(np.stack([np.asarray(leaf)] * n)), params)
        shards = x.reshape(n, ROWS, FEATURES), y.reshape(n, ROWS)
        called = compiled_if_possible(learner.pmap_train_step, replicas, shards, rate)
        new, loss = called.value
        return Called(called.call, (jax.tree.map(lambda leaf: leaf[-1], new), loss[-1]))

    near_step_in_any_unit(step, ROWS * n)


@check("pmap_train_step", "deeper", hint=PYTHONS_RATE, answers=raised())
def test_pmap_train_step_takes_a_python_number(learner: Learner, numbers: Numbers) -> None:
    _, replicas, _, shards = pmap_problem(numbers)
    takes_pythons_rate(learner.pmap_train_step, replicas, shards, RATE)
