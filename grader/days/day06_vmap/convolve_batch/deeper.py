"""Deeper checks of convolve_batch."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.convolve_batch.checks import convolve_oracle
from grader.days.day06_vmap.shared import ATOL
from grader.toolkit import Called, Draw, Learner, Numbers, check, slope_agrees, wide


@check(
    "convolve_batch",
    "deeper",
    hint="out[t, b] sums kernel[j] * signals[t + k - 1 - j, b], for every size there may be, and for each signal by itself: "
    "beside a large one a small one keeps its digits.",
)
def test_convolve_batch_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, batch, k = draw.one_of((4, 3, 2), (3, 3, 3), (5, 2, 1), (2, 5, 2), (1, 1, 1), (7, 4, 6))
    signals = draw.floats((n, batch), magnitudes=(1e-6, 1e6))
    kernel = draw.floats((k,), magnitudes=(1e-3, 1e3))
    # Each signal rounds at its own size: beside a large one a small one loses nothing.
    scale = np.abs(wide(signals)).max(axis=0) * np.abs(wide(kernel)).sum()
    result, expected = learner.convolve_batch.jit()(signals, kernel), convolve_oracle(signals, kernel)
    for b in range(batch):
        one = Called(result.call, result.value[:, b], part=f"[:, {b}]", case=result.case)
        one.close_to(expected[:, b], atol=float(ATOL * scale[b]) + 1e-30)


@check("convolve_batch", "deeper", hint="Signals may be long and kernels, too.")
def test_convolve_batch_of_long_signals(learner: Learner, numbers: Numbers) -> None:
    signals, kernel = numbers.normal((1200, 3)), numbers.normal(40)
    learner.convolve_batch.jit()(signals, kernel).close_to(convolve_oracle(signals, kernel), atol=20 * ATOL)


@check("convolve_batch", "deeper", hint="The gradient runs through signals and kernel; nothing may stop it.")
def test_convolve_batch_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    for wrt in (0, 1):
        slope_agrees(
            learner.convolve_batch.jit(), convolve_oracle, numbers.normal((7, 2)), numbers.normal(3), wrt=wrt
        )


@check("convolve_batch", "deeper", hint="Small numbers have digits, too: round nothing away.")
def test_convolve_batch_of_small_signals(learner: Learner, numbers: Numbers) -> None:
    signals, kernel = numbers.normal((4, 3), scale=1e-7), numbers.normal(2)
    expected = convolve_oracle(signals, kernel)
    learner.convolve_batch.jit()(signals, kernel).close_to(expected, atol=10 * ATOL * 1e-7)


@check(
    "convolve_batch",
    "deeper",
    hint="Every result sums all taps of the kernel, with one signal alone. A NaN stays: replace nothing.",
)
def test_convolve_batch_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    signals, kernel = numbers.normal((4, 3)), numbers.normal(2)
    convolve, expected = learner.convolve_batch.jit(), convolve_oracle(signals, kernel)
    convolve(signals, kernel.at[1].set(jnp.nan)).equals(np.full((3, 3), np.nan))
    expected[:, 1] = np.nan
    convolve(signals.at[:, 1].set(jnp.nan), kernel).close_to(expected, atol=10 * ATOL)
