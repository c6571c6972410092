"""Deeper checks of mse."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from grader.days.day08_mlp.mse.checks import mse_oracle
from grader.toolkit import Array, Draw, Learner, Numbers, check, slope_agrees, wide


@check("mse", "deeper", hint="The mean of the squared differences, of all elements, at every scale.")
def test_mse_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((3,), (2, 2), (), (2, 1, 3), (1, 2, 1, 2))
    special = draw.one_of((), (-0.0, math.inf), (math.nan,))
    predictions = draw.floats(shape, magnitudes=(1e-7, 1e15), special=special)
    targets = draw.floats(shape, magnitudes=(1e-7, 1e15), special=special)
    with np.errstate(invalid="ignore"):
        expected = mse_oracle(predictions, targets)
    # What is subtracted may cancel: its rounding is measured against it.
    sizes = (np.where(np.isfinite(wide(x)), np.abs(wide(x)), 0) for x in (predictions, targets))
    scale = float(np.max(sum(sizes)))
    root = math.sqrt(expected) if math.isfinite(expected) else 0.0
    learner.mse.jit(static_argnames=())(predictions, targets).close_to(
        expected, atol=1e-6 * scale * root + 1e-12 * scale**2
    )


@check("mse", "deeper", hint="The mean of all elements, however many there are.")
def test_mse_of_many(learner: Learner, numbers: Numbers) -> None:
    predictions, targets = numbers.normal((300, 250)), numbers.normal((300, 250))
    learner.mse.jit(static_argnames=())(predictions, targets).close_to(
        mse_oracle(predictions, targets), rtol=1e-4
    )


def mse_array(predictions: Array, targets: Array) -> Array:
    return np.array(mse_oracle(predictions, targets))


@check("mse", "deeper", hint="Gradients run into predictions and targets; nothing may stop them.")
def test_mse_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    for wrt in (0, 1):
        slope_agrees(
            learner.mse.jit(static_argnames=()),
            mse_array,
            numbers.normal((3, 2)),
            numbers.normal((3, 2)),
            wrt=wrt,
        )
    slope_agrees(learner.mse.jit(static_argnames=()), mse_array, jnp.float32(3.0), jnp.float32(1.0))


@check("mse", "deeper", hint="Small errors have squares, too: round nothing away.")
def test_mse_of_small_errors(learner: Learner) -> None:
    predictions, targets = jnp.array([2e-6, 6e-6, -1e-6]), jnp.array([-1e-6, 3e-6, 2e-6])
    learner.mse.jit(static_argnames=())(predictions, targets).close_to(9e-12, atol=0.0)
