"""Checks of attention."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL, GATE_AGAINST_COMPILED, takes_all_at_once
from grader.toolkit import (
    Array,
    Kind,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    bans,
    check,
    compiled_if_possible,
    hint_when,
    looks_like,
    must_beat,
    of_kind,
    told_by,
    wide,
)


def attention_oracle(q: Any, k: Any, v: Any, *, over: int = 1) -> Array:
    """The softmax goes over the keys, axis 1 of the scores."""
    queries, keys, values = wide(q), wide(k), wide(v)
    batch, n, heads, width = queries.shape
    out = np.zeros((batch, n, heads, values.shape[-1]))
    for b in range(batch):
        for h in range(heads):
            scores = queries[b, :, h] @ keys[b, :, h].T / np.sqrt(width)
            weights = np.exp(scores - scores.max(axis=over, keepdims=True))
            out[b, :, h] = weights / weights.sum(axis=over, keepdims=True) @ values[b, :, h]
    return out


def attention_inputs(
    numbers: Numbers, batch: int, n: int, m: int, heads: int, width: int, values: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    shapes = (batch, n, heads, width), (batch, m, heads, width), (batch, m, heads, values)
    return numbers.normal(shapes[0]), numbers.normal(shapes[1]), numbers.normal(shapes[2])


@check("attention", "correct", hint="Write one head of one example from matrices, then lift it twice.")
def test_attention_uses_no_shortcut(learner: Learner) -> None:
    bans(
        learner.attention,
        "jax.nn.dot_product_attention",
        on=(jnp.ones((2, 3, 2, 7)), jnp.ones((2, 4, 2, 7)), jnp.ones((2, 4, 2, 5))),
    )


@check(
    "attention",
    "correct",
    hint="Scores are q kᵀ / √width, and width is q's last axis. Each query's weights sum to 1 over the keys.",
)
def test_attention_by_hand(learner: Learner) -> None:
    q = jnp.array([[[[2.0, 0.0, 0.0, 0.0]]]])
    k = jnp.array([[[[0.0, 0.0, 0.0, 0.0]], [[math.log(3.0), 0.0, 0.0, 0.0]]]])
    v = jnp.array([[[[0.0]], [[4.0]]]])
    learner.attention(q, k, v).close_to(np.full((1, 1, 1, 1), 3.0))


@check(
    "attention",
    "correct",
    hint="In one example the heads lie along axis 1 of q, k, v and of the result (in_axes, out_axes). Examples lie along axis 0.",
)
def test_attention_agrees_with_loops(learner: Learner, numbers: Numbers) -> None:
    q, k, v = attention_inputs(numbers, 2, 4, 5, 3, 7, 6)
    result, expected = compiled_if_possible(learner.attention, q, k, v), attention_oracle(q, k, v)
    over_queries = (
        "Each query's weights sum to 1 over the keys: the softmax goes along the last axis of q kᵀ."
    )
    told = told_by(result.value, {over_queries: attention_oracle(q, k, v, over=0)})
    near = np.shape(result.value) == expected.shape and np.allclose(result.value, expected, rtol=0, atol=0.02)
    nearly = "Near, but not equal: is the scale √width to the last digit, for every width?"
    rounded = looks_like(Pattern.ROUNDED)
    with hint_when(lambda finding: near and not rounded(finding), nearly):
        result.close_to(expected, atol=ATOL, hint=told)


@check(
    "attention",
    "correct",
    hint="exp(5000) is infinite. Subtract each query's own largest score first (no bound, and not the largest of all "
    "queries, heads or examples), or leave it to jax.nn.softmax.",
)
def test_attention_survives_huge_scores(learner: Learner, numbers: Numbers) -> None:
    # Every query has scores of its own size: thousands beside halves, in each head and in each example.
    queries, keys = np.zeros((2, 4, 3, 7), np.float32), np.zeros((2, 5, 3, 7), np.float32)
    queries[..., 0] = np.array([200.0, 0.02, -200.0, 0.04, 0.0, 200.0, 0.02] * 4)[:24].reshape(2, 4, 3)
    keys[..., 0] = np.array([50.0, 100.0, 75.0, -50.0, 0.0])[:, None]
    q, k, v = jnp.asarray(queries), jnp.asarray(keys), numbers.normal((2, 5, 3, 6))
    compiled_if_possible(learner.attention, q, k, v).close_to(attention_oracle(q, k, v), atol=ATOL)


@check("attention", "jit", hint="q, k and v are traced; sizes come from their shapes.")
def test_attention_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [attention_inputs(numbers, 2, 4, 5, 3, 7, 6) for _ in range(2)]
    agrees_once(learner.attention.jit(), calls, attention_oracle, atol=ATOL)


@check(
    "attention",
    "jit",
    hint="Any axis may be 1: squeeze nothing, and let no two of them take each other's place.",
)
def test_attention_takes_a_batch_of_one(learner: Learner, numbers: Numbers) -> None:
    q, k, v = attention_inputs(numbers, 1, 1, 1, 3, 2, 1)
    learner.attention.jit()(q, k, v).close_to(attention_oracle(q, k, v), atol=ATOL)


@check(
    "attention",
    "jit",
    hint="lax.map and lax.scan take turns. Two vmaps make one batched product of all heads.",
)
def test_attention_takes_all_heads_at_once(learner: Learner, numbers: Numbers) -> None:
    few = attention_inputs(numbers, 2, 4, 5, 3, 7, 6)
    many = attention_inputs(numbers, 4, 4, 5, 6, 7, 6)
    takes_all_at_once(learner.attention.jit(), few, many)


@jax.jit
def one_head(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    return jax.nn.softmax(q @ k.T / math.sqrt(q.shape[-1])) @ v


def attention_loop(q: jax.Array, k: jax.Array, v: jax.Array) -> Array:
    batch, _, heads, _ = q.shape
    return np.stack(
        [
            np.stack([np.asarray(one_head(q[b, :, h], k[b, :, h], v[b, :, h])) for h in range(heads)], axis=1)
            for b in range(batch)
        ]
    )


@check(
    "attention",
    "speed",
    hint="Even compiled heads are called one by one in a loop. Lift one head with vmap, twice.",
)
def test_attention_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    equal_sizes = (
        "Here there are as many queries as keys, heads as examples, and widths as values. Every query sees all keys, without a "
        "mask, and no axis is known by its size."
    )
    with hint_when(of_kind(Kind.VALUE), equal_sizes):
        must_beat(
            learner,
            learner.attention.jit(),
            attention_loop,
            named="a Python loop over a compiled head",
            draw=lambda size: attention_inputs(numbers, size, 4, 4, size, 8, 8),
            size=6,
            gate=GATE_AGAINST_COMPILED,
            numbers=numbers,
        )
