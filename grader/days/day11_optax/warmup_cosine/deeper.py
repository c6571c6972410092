"""Deeper checks of warmup_cosine."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day11_optax.warmup_cosine.checks import warmup_cosine_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "warmup_cosine",
    "deeper",
    hint="The line, the half cosine and the 0 after it, for any lengths: steps are counted from 0, and t from warmup_steps.",
)
def test_warmup_cosine_in_many_cases(learner: Learner, draw: Draw) -> None:
    warmup, total = draw.one_of((4, 12), (0, 1), (1, 2), (0, 1000), (99, 100), (20_000, 1_000_000))
    peak = draw.floats(magnitudes=(1e-6, 1e3), low=0)
    near = sorted({max(place + k, 0) for place in (0, warmup, total) for k in (-1, 0, 1)})
    steps = draw.integers(12, 0, total + total // 4 + 1)
    steps = jnp.asarray(np.concatenate([np.resize(near, 9), np.asarray(steps)]), jnp.int32)
    handle = learner.warmup_cosine.vmap(in_axes=(0, None, None, None)).jit(static_argnums=(2, 3))
    expected = np.array([warmup_cosine_oracle(step, peak, warmup, total) for step in steps])
    # cos is near -1 at the end, and what is left of 1 + cos has the roundings of 1.
    handle(steps, peak, warmup, total).close_to(expected, rtol=1e-5, atol=1e-6 * float(peak))
