"""The deeper look at parallel_convolve."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day13_devices.parallel_convolve.checks import convolve_oracle
from grader.toolkit import Draw, Learner, check, compiled_if_possible


@check(
    "parallel_convolve",
    "deeper",
    hint="Any number of signals, and kernels of any length up to that of a signal: t - k + 1 numbers come of each, in"
    " any unit.",
)
def test_parallel_convolve_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, k = draw.one_of(((3, 5), 2), ((17, 4), 4), ((9, 3), 1))
    unit = jnp.float32(10.0 ** draw.one_of(0, -7))
    signals, kernel = (
        draw.floats(shape, magnitudes=(1e-4, 1e4)),
        draw.floats(k, magnitudes=(1e-4, 1e4)) * unit,
    )
    called = compiled_if_possible(learner.parallel_convolve, signals, kernel)
    scale = float(np.abs(np.asarray(signals)).max()) * float(np.abs(np.asarray(kernel)).max())
    called.close_to(convolve_oracle(signals, kernel), rtol=1e-4, atol=1e-5 * scale)


@check(
    "parallel_convolve",
    "deeper",
    hint="A NaN in the kernel is in every number that it makes: nothing is mended.",
)
def test_parallel_convolve_lets_nan_through(learner: Learner) -> None:
    signals, kernel = jnp.ones((3, 5)), jnp.array([1.0, np.nan])
    compiled_if_possible(learner.parallel_convolve, signals, kernel).close_to(np.full((3, 4), np.nan))
