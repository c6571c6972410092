"""Deeper checks of clip_gradient."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Draw, Handle, Learner, check, wide


@functools.cache
def value_and_sent_back(handle: Handle) -> Handle:
    def both(x: jax.Array, gradient: jax.Array, low: jax.Array, high: jax.Array) -> Any:
        value, backwards = jax.vjp(lambda x: handle.function(x, low, high), x)
        return value, backwards(gradient)[0]

    return handle.derive("(value, gradient that comes back) of clip_gradient", both).jit()


@check(
    "clip_gradient",
    "deeper",
    hint="Forwards x itself, backwards clip(gradient, low, high), for any bounds, any gradient and any x.",
)
def test_clip_gradient_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape, dtype = draw.one_of(((3,), "float32"), ((), "float32"), ((2, 3), "float32"), ((3,), "float16"))
    far = 6e4 if dtype == "float16" else 1e9
    x = draw.floats(shape, dtype=dtype, magnitudes=(1e-4, far), special=(-0.0, math.nan, math.inf))
    gradient = draw.floats(shape, dtype=dtype, magnitudes=(1e-4, far), special=(0.0, math.nan, -math.inf))
    bounds = draw.floats(2, magnitudes=(1e-3 if dtype == "float16" else 1e-7, 1e4), special=(0.0,))
    low, high = jnp.min(bounds), jnp.max(bounds)
    result = value_and_sent_back(learner.clip_gradient)(x, gradient, low, high)
    result[0].equals(np.asarray(x))
    expected = np.clip(wide(gradient), float(low), float(high)).astype(
        np.float64 if dtype == "float32" else np.float16
    )
    result[1].close_to(expected, rtol=2e-3 if dtype == "float16" else 0.0, atol=0.0)
