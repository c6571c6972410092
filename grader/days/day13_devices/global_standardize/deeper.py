"""The deeper look at global_standardize."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.global_standardize.checks import standardize_oracle
from grader.days.day13_devices.shared import FEATURES, ROWS
from grader.toolkit import Called, Draw, Learner, check, compiled_if_possible, wide


@check(
    "global_standardize",
    "deeper",
    hint="The mean and the variance of each feature are those of all rows of all devices, with nothing added to them.",
)
def test_global_standardize_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = (jax.device_count(), ROWS, FEATURES)
    x = draw.floats(shape, magnitudes=(1e-6, 1e6))
    far = draw.one_of(0.0, 100.0)
    x = x + far * np.abs(np.asarray(x)).max(axis=(0, 1)).astype(np.float32)
    numbers = wide(x)
    # Constant it is not: the mean over devices of one of its rows is another one.
    deviation = numbers.std(axis=(0, 1))
    called = compiled_if_possible(learner.global_standardize, x)
    expected = standardize_oracle(x) if deviation.min() > 0 else None
    for j in range(FEATURES):
        largest = float(np.abs(numbers[..., j]).max())
        if expected is not None and deviation[j] > 1e-4 * largest:
            part = Called(f"{called.text}[..., {j}]", called.value[..., j])
            part.close_to(expected[..., j], rtol=1e-4, atol=1e-5 + 1e-6 * largest / float(deviation[j]))


@check(
    "global_standardize",
    "deeper",
    hint="A NaN in one row makes mean and variance of its feature NaN, on all devices, and leaves the other features alone.",
)
def test_global_standardize_lets_nan_through(learner: Learner) -> None:
    shape = (jax.device_count(), ROWS, FEATURES)
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    x[-1, 1, 0] = np.nan
    called = compiled_if_possible(learner.global_standardize, jnp.asarray(x))
    called.close_to(standardize_oracle(x), rtol=1e-4, atol=1e-5)
