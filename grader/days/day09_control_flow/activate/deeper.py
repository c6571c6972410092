"""Deeper checks of activate."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.activate.checks import activation_oracle
from grader.toolkit import Draw, Learner, Numbers, check, wide


@check("activate", "deeper", hint="The four formulas, in every range of x, for any shape and both dtypes.")
def test_activate_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, dtype = draw.one_of(((3,), "float32"), ((), "float32"), ((2, 1, 3), "float32"), ((3,), "float16"))
    index = draw.integer(-2, 5)
    far = draw.one_of(30.0, 1.0, 1e4) if dtype == "float32" else draw.one_of(10.0, 1.0)  # as promised
    x = draw.floats(shape, dtype=dtype, low=-far, high=far, special=(6e-6, -8e-6))
    result = learner.activate.jit()(x, jnp.int32(index))
    expected = activation_oracle(x, index)
    if dtype == "float16":
        result.close_to(expected.astype(np.float16), rtol=2e-3, atol=1e-3)
    else:
        result.close_to(expected, rtol=5e-7)


@check(
    "activate",
    "deeper",
    hint="The derivatives are those of the four functions, where |x| is 10 at most: nothing may hold a gradient up.",
)
def test_activate_has_derivatives(learner: Learner, numbers: Numbers) -> None:
    # No zeros, where relu has a corner.
    x = jnp.append(numbers.uniform(0.5, 9.5, 2), numbers.uniform(-9.5, -0.5, 2))
    at = wide(x)
    slopes = (np.ones(4), 1.0 * (at > 0), 1 - np.tanh(at) ** 2, 1 / (1 + np.exp(-at)))
    for index, slope in enumerate(slopes):
        learner.activate.grad().vmap(in_axes=(0, None)).jit()(x, jnp.int32(index)).close_to(slope)
