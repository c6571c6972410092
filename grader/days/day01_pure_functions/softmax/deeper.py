"""The deeper look at softmax."""

from __future__ import annotations

import jax.numpy as jnp

from grader.days.day01_pure_functions.softmax.checks import softmax_oracle
from grader.toolkit import Draw, Learner, check, wide


@check(
    "softmax",
    "deeper",
    hint="One formula does for all logits: subtract the maximum along the axis, exponentiate, divide by the sum. A small "
    "probability has five digits of its own: nothing is clipped, and nothing added.",
)
def test_softmax_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, axis = draw.one_of(((3,), 0), ((1, 4), 1), ((2, 17, 3), -2))
    spread = draw.floats(shape, low=-20, high=20)
    # Where they lie makes no difference; rounded to 1/64, the sum is what stands in the array.
    place = draw.floats((), magnitudes=(1.0, 1e4))
    x = jnp.asarray((wide(spread) * 64).round() / 64 + wide(place).round(), jnp.float32)
    # Relative alone: in the exponent, 40 has roundings of 2e-6, and an answer may make a few of them.
    learner.softmax(x, axis=axis).close_to(softmax_oracle(x, axis), rtol=2e-5, atol=1e-30)
