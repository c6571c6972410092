"""Checks of segment_max."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import FARTHEST, GATE
from grader.toolkit import Array, Called, Learner, Numbers, agrees_once, bans, check, float16, must_beat


def segment_max_oracle(values: jax.Array, segments: Any, n_segments: int) -> Array:
    numbers = np.asarray(values)
    out = np.full(n_segments, -np.inf, numbers.dtype)
    for value, segment in zip(numbers, np.asarray(segments), strict=True):
        if 0 <= segment < n_segments:
            out[segment] = max(out[segment], value)
    return out


@check(
    "segment_max",
    "correct",
    hint="Each value competes at the place that its segment names; the largest stays, not the last.",
)
def test_segment_max_by_hand(learner: Learner) -> None:
    learner.segment_max(jnp.array([8.0, 3.0, 2.0, 5.0]), jnp.array([0, 0, 1, 1]), 2).equals([8.0, 5.0])


@check("segment_max", "correct", hint="Build it from an indexed update; the rules name what is left out.")
def test_segment_max_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.segment_max, "jax.ops", on=(jnp.arange(7.0), jnp.arange(7), 4))


@check(
    "segment_max",
    "correct",
    hint="Start below every value: a start at 0 beats all negative ones, and one at -1e30 beats some.",
)
def test_segment_max_takes_negative_values(learner: Learner) -> None:
    segments = jnp.array([0, 0, 1, 1, 2])
    for values, largest in (
        ([-8.0, -3.0, -3e38, -2e38, -3e38], [-3.0, -2e38, -3e38]),
        ([np.inf, -9.0, -np.inf, -np.inf, 0.0], [np.inf, -np.inf, 0.0]),
    ):
        learner.segment_max(jnp.array(values), segments, 3).equals(np.array(largest, np.float32))


@check("segment_max", "correct", hint="Segments come in any order; do not count on sorted ones.")
def test_segment_max_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        values, segments = numbers.normal(33), numbers.permutation(33) % 5  # none is empty
        learner.segment_max(values, segments, 5).equals(segment_max_oracle(values, segments, 5))


@check("segment_max", "correct", hint="The maximum of nothing is -inf.")
def test_segment_max_gives_minus_infinity_for_empty(learner: Learner) -> None:
    values, segments = jnp.array([3.0, 8.0, 5.0, 2.0]), jnp.array([3, 1, 3, 1])
    learner.segment_max(values, segments, 5).equals([-np.inf, 8.0, -np.inf, 5.0, -np.inf])
    learner.segment_max(jnp.zeros(0), jnp.zeros(0, jnp.int32), 5).equals(np.full(5, -np.inf))


@check(
    "segment_max",
    "correct",
    hint="What lies past the last segment is dropped: neither clipped into it nor wrapped.",
)
def test_segment_max_drops_what_is_too_large(learner: Learner) -> None:
    values, segments = jnp.array([1.0, 9.0, 9.0, 9.0]), jnp.array([0, 2, 3, FARTHEST])
    learner.segment_max(values, segments, 2).equals([1.0, -np.inf])


@check(
    "segment_max",
    "correct",
    hint="A negative index wraps before the mode applies. Switch that off, or move it past the end first.",
)
def test_segment_max_drops_negatives(learner: Learner) -> None:
    values, segments = jnp.array([1.0, 9.0, 9.0, 9.0]), jnp.array([0, -1, -2, -FARTHEST])
    learner.segment_max(values, segments, 2).equals([1.0, -np.inf])


@check("segment_max", "correct", hint="jnp.full makes float32 unless you give it a dtype.")
def test_segment_max_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    values, segments = float16(numbers.normal(4)), jnp.array([1, 0, 1, 0])
    learner.segment_max(values, segments, 2).equals(segment_max_oracle(values, segments, 2))


@check("segment_max", "jit", hint="Keep all values, and see that those that do not count cannot win.")
def test_segment_max_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(9), numbers.integers(-2, 6, 9), 4) for _ in range(3)]
    agrees_once(learner.segment_max.jit(static_argnums=2), calls, segment_max_oracle, by=Called.equals)


def segment_max_loop(values: jax.Array, segments: jax.Array, n_segments: int) -> jax.Array:
    out = jnp.full(n_segments, -jnp.inf, values.dtype)
    for k in range(len(values)):
        out = out.at[segments[k]].max(values[k], mode="drop", wrap_negative_indices=False)
    return out


@check("segment_max", "speed", hint="Give .at[...] all segments at once; one scatter takes all maxima.")
def test_segment_max_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.segment_max.jit(static_argnums=2),
        segment_max_loop,
        named="a Python loop of .at updates",
        draw=lambda size: (numbers.normal(size), numbers.integers(-size // 8, size, size), size // 2),
        size=160,
        gate=GATE,
        numbers=numbers,
    )
