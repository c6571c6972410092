"""Checks of gauss_newton_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Learner, Numbers, agrees_once, check, hint_when, raised, told_by, wide

TIMES = np.arange(12, dtype=np.float32) / 4
AMPLITUDE, RATE = 3.0, 0.8
DECAYING = (AMPLITUDE * np.exp(-RATE * TIMES.astype(np.float64))).astype(np.float32)
WOBBLE = np.cos(5 * TIMES).astype(np.float32)
DAYS = (400 + 1.1 * np.arange(12)).astype(np.float32)


def line_residuals(x: jax.Array) -> jax.Array:
    """How far the line x[0] + x[1] t is from 1 + 2 t."""
    return x[0] + x[1] * TIMES - (1 + 2 * TIMES)


def decay_residuals(x: jax.Array) -> jax.Array:
    """How far x[0] exp(-x[1] t) is from 3 exp(-0.8 t)."""
    return x[0] * jnp.exp(-x[1] * TIMES) - DECAYING


def noisy_decay_residuals(x: jax.Array) -> jax.Array:
    """How far x[0] exp(-x[1] t) is from what it never meets."""
    return x[0] * jnp.exp(-x[1] * TIMES) - DECAYING - WOBBLE


def late_line_residuals(x: jax.Array) -> jax.Array:
    """How far the line x[0] + x[1] t is from 5 - t / 4, seen from day 400 on: a condition number of 44,000."""
    return x[0] + x[1] * DAYS - (5 - DAYS / 4)


def noisy_decay_step_oracle(x: Any) -> Array:
    a, k = wide(x)
    times = wide(TIMES)
    decay = np.exp(-k * times)
    jacobian = np.stack([decay, -a * times * decay], axis=1)
    residuals = a * decay - wide(DECAYING) - wide(WOBBLE)
    return np.asarray(wide(x) + np.linalg.lstsq(jacobian, -residuals, rcond=None)[0])


@check(
    "gauss_newton_step",
    "correct",
    hint="Linear residuals: one step arrives. The step d solves J d = -r in the least-squares sense, with nothing added "
    "to J or JᵀJ; return x + d.",
)
def test_gauss_newton_step_by_hand(learner: Learner) -> None:
    not_square = "J has m rows and n columns, and only a square matrix can be inverted. jnp.linalg.lstsq takes a tall one."
    with hint_when(raised(text=r"core dimension|n, n\]|[Ss]quare"), not_square):
        result = learner.gauss_newton_step(line_residuals, jnp.array([4.0, -3.0]))
    mistakes = {
        "That is the step, d. Return where it leads to: x + d.": [-3.0, 5.0],
        "The step goes the wrong way: d makes J d + r small, so J d comes near to -r.": [7.0, -8.0],
    }
    # A decomposition of a 12 x 2 matrix.
    result.close_to([1.0, 2.0], rtol=1e-4, hint=told_by(result.value, mistakes))


@check(
    "gauss_newton_step",
    "correct",
    hint="One whole step: take J and r at x, once, and add all of d. Second derivatives of the residuals play no part.",
)
def test_gauss_newton_step_agrees_with_least_squares(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        x = jnp.asarray(np.array([2.0, 1.0]) + 0.3 * np.asarray(numbers.normal(2)), jnp.float32)
        result = learner.gauss_newton_step(noisy_decay_residuals, x)
        result.close_to(noisy_decay_step_oracle(x), rtol=1e-4, atol=1e-4)


def line_in_other_units(x: jax.Array) -> jax.Array:
    """A millionth of the residuals of the line."""
    return 1e-6 * line_residuals(x)


@check(
    "gauss_newton_step",
    "correct",
    hint="Small residuals are no reason to step less: add no damping to the problem, and compare with no fixed threshold.",
)
def test_gauss_newton_step_takes_any_units(learner: Learner) -> None:
    learner.gauss_newton_step(line_in_other_units, jnp.array([4.0, -3.0])).close_to([1.0, 2.0], rtol=1e-4)


@check(
    "gauss_newton_step", "correct", hint="Each step starts from the x it is given, and returns the next x."
)
def test_gauss_newton_step_fits_an_exponential(learner: Learner) -> None:
    x = jnp.array([2.0, 0.4])
    result = learner.gauss_newton_step(decay_residuals, x)
    for _ in range(7):
        result = learner.gauss_newton_step(decay_residuals, result.value)
    result.close_to([AMPLITUDE, RATE], rtol=1e-4)


@check(
    "gauss_newton_step",
    "correct",
    hint="JᵀJ has the square of J's condition number: here 44,000, and the square is beyond float32. Give J itself to "
    "jnp.linalg.lstsq, or to a QR decomposition.",
)
def test_gauss_newton_step_keeps_its_digits(learner: Learner) -> None:
    for start in ([1.0, 3.0], [-2.0, 0.3], [3.0, -1.7]):
        result = learner.gauss_newton_step(late_line_residuals, jnp.array(start))
        result.close_to([5.0, -0.25], rtol=1e-2)  # 44,000 roundings come to 3e-3


@check("gauss_newton_step", "jit", hint="The residuals are static, x is data: stay in jax.numpy.")
def test_gauss_newton_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    handle = learner.gauss_newton_step.jit(static_argnames="residuals")
    calls = [(noisy_decay_residuals, jnp.array([a, k])) for a, k in ((2.0, 1.0), (2.5, 0.7))]
    agrees_once(handle, calls, lambda _, x: noisy_decay_step_oracle(x), rtol=1e-4, atol=1e-4)
