"""Deeper checks of first_nan_stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.first_nan_stage.checks import clear_nans, minus_itself, total
from grader.toolkit import Draw, Learner, check


def backwards(x: jax.Array) -> jax.Array:
    return x[::-1]


def to_infinity(x: jax.Array) -> jax.Array:
    return jnp.where(x > 1.0, jnp.inf, x)


def halves(x: jax.Array) -> jax.Array:
    return x * 0.5


STAGES = (jnp.log, jnp.sqrt, jnp.exp, clear_nans, minus_itself, to_infinity, total, halves)


def stage_oracle(stages: Sequence[Any], x: Any) -> int:
    """What the stages make of it is asked of JAX itself: where rounding decides on a NaN, it has decided."""
    had_nan = bool(np.isnan(np.asarray(x)).any())
    for k, stage in enumerate(stages):
        x = stage(x)
        has_nan = bool(np.isnan(np.asarray(x)).any())
        if has_nan and not had_nan:
            return k
        had_nan = has_nan
    return -1


@check(
    "first_nan_stage",
    "deeper",
    hint="A stage is to blame if there is a NaN in what it gives and none in what it got.",
)
def test_first_nan_stage_in_many_cases(learner: Learner, draw: Draw) -> None:
    stages = tuple(draw.one_of(*STAGES) for _ in range(draw.integer(0, 5)))
    x = draw.floats((3,), low=-2.0, high=2.0, special=(0.0, -0.0, math.nan, math.inf, -math.inf))
    learner.first_nan_stage(stages, x).equals(stage_oracle(stages, x))


@check("first_nan_stage", "deeper", hint="There may be any number of stages, and any number of elements.")
def test_first_nan_stage_looks_far_down(learner: Learner) -> None:
    x = np.ones(3000, np.float32)
    x[2999] = -1.0
    stages = (backwards,) * 299 + (jnp.sqrt, jnp.sqrt)
    learner.first_nan_stage(stages, jnp.asarray(x)).equals(299)


@check(
    "first_nan_stage",
    "deeper",
    hint="x may have any number of axes, and so may what a stage makes of it: one flag for all of it.",
)
def test_first_nan_stage_takes_tables(learner: Learner) -> None:
    table = jnp.array([[1.0, 4.0, 9.0], [1.0, -1.0, 4.0]])
    learner.first_nan_stage((jnp.sqrt,), table).equals(0)
    learner.first_nan_stage((backwards, jnp.sqrt), table).equals(1)


def less_one(x: jax.Array) -> jax.Array:
    return x - 1


@check("first_nan_stage", "deeper", hint="The first stage gets x as it is: not rounded, and nothing cleared.")
def test_first_nan_stage_starts_from_x_itself(learner: Learner) -> None:
    learner.first_nan_stage((jnp.sqrt,), jnp.array([-1e-7, 5.0])).equals(0)
    learner.first_nan_stage((less_one, jnp.sqrt), jnp.array([0.9999, 5.0])).equals(1)
