"""Deeper checks of straight_through_round."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import numpy as np

from grader.toolkit import Draw, Handle, Learner, check


@functools.cache
def value_and_sent_back(handle: Handle) -> Handle:
    def both(x: jax.Array, gradient: jax.Array) -> Any:
        value, backwards = jax.vjp(handle.function, x)
        return value, backwards(gradient)[0]

    return handle.derive("(value, gradient that comes back) of straight_through_round", both).jit()


@check(
    "straight_through_round",
    "deeper",
    hint="Forwards round(x), halves to the even side, however large x is; backwards the gradient as it comes, wherever x lies.",
)
def test_straight_through_round_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, dtype = draw.one_of(((3,), "float32"), ((), "float32"), ((2, 3), "float32"), ((3,), "float16"))
    far = draw.one_of(10.0, 1e3, 6e4 if dtype == "float16" else 1e9)
    halves = (0.5, 1.5, 2.5, -0.5, -1.5, 100.5, 0.0)
    x = draw.floats(shape, dtype=dtype, low=-far, high=far, special=halves)
    gradient = draw.floats(shape, dtype=dtype, magnitudes=(1e-4, 6e4), special=(0.0, math.nan, math.inf))
    result = value_and_sent_back(learner.straight_through_round)(x, gradient)
    result[0].equals(np.round(np.asarray(x)))
    result[1].equals(np.asarray(gradient))
