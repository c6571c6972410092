"""Deeper checks of attention."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.attention.checks import attention_inputs, attention_oracle
from grader.days.day06_vmap.shared import ATOL
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide

# batch, n, m, heads, width, values: each in turn as long as another, or one.
SIZES = ((1, 2, 3, 1, 2, 1), (2, 3, 3, 2, 3, 3), (3, 2, 2, 4, 5, 2), (2, 1, 4, 1, 8, 3), (1, 4, 1, 2, 1, 4))


@check(
    "attention",
    "deeper",
    hint="Every query meets all keys of its own head and example, whatever the sizes are.",
)
def test_attention_in_many_cases(learner: Learner, draw: Draw) -> None:
    batch, n, m, heads, width, values = draw.one_of(*SIZES)
    q = draw.floats((batch, n, heads, width), magnitudes=(1e-3, 1e2))
    k = draw.floats((batch, m, heads, width), magnitudes=(1e-3, 50.0 / width))
    v = draw.floats((batch, m, heads, values), magnitudes=(1e-4, 1e4))
    # Scores are rounded by as much as their terms are large, and weights by as much as scores.
    terms = np.abs(wide(q)).max() * np.abs(wide(k)).max() * math.sqrt(width)
    atol = (ATOL + 1e-6 * terms) * np.abs(wide(v)).max()
    learner.attention.jit()(q, k, v).close_to(attention_oracle(q, k, v), atol=float(atol))


@check("attention", "deeper", hint="Weights sum to 1 over any number of keys.")
def test_attention_over_many_keys(learner: Learner, numbers: Numbers) -> None:
    q, k, v = attention_inputs(numbers, 1, 3, 700, 2, 6, 4)
    learner.attention.jit()(q, k, v).close_to(attention_oracle(q, k, v), atol=ATOL)


@check("attention", "deeper", hint="The gradient runs through queries, keys and values; nothing may stop it.")
def test_attention_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    arguments = attention_inputs(numbers, 2, 2, 3, 1, 4, 3)
    for wrt in (0, 1, 2):
        slope_agrees(learner.attention.jit(), attention_oracle, *arguments, wrt=wrt)


@check(
    "attention",
    "deeper",
    hint="Only the scores count: small queries may meet large keys. Round nothing away.",
)
def test_attention_at_any_scale(learner: Learner, numbers: Numbers) -> None:
    inputs = attention_inputs(numbers, 1, 2, 3, 1, 2, 1)
    for scales in ((1e-6, 1e6, 1e-6), (1e6, 1e-6, 1e6)):
        q, k, v = (scale * x for scale, x in zip(scales, inputs, strict=True))
        expected = attention_oracle(q, k, v)
        learner.attention.jit()(q, k, v).close_to(expected, atol=10 * ATOL * scales[2])


@check("attention", "deeper", hint="A NaN says that something is wrong with its head: replace nothing.")
def test_attention_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    q, k, v = attention_inputs(numbers, 2, 3, 3, 2, 3, 3)
    expected = attention_oracle(q, k, v)
    expected[1, :, 0] = np.nan
    alone = "A NaN in one head is in none of the others, nor in other examples: 0 times NaN is NaN, so multiply with no mask."
    result = learner.attention.jit()(q, k.at[1, 1, 0, 1].set(jnp.nan), v)
    spilt = np.isnan(np.asarray(result.value)) & ~np.isnan(expected)
    result.close_to(expected, atol=ATOL, hint=alone if spilt.any() else None)
