"""Checks of safe_take."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day02_indexed_updates.shared import FARTHEST
from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    Pattern,
    agrees_once,
    check,
    float16,
    hint_when,
    looks_like,
    raised,
    same_size_for,
)

_FILL_VALUE = (
    "fill_value= is part of the program, and takes no array. Read anything there, in range, and choose afterwards: "
    "jnp.where(inside, items, fill)."
)


def safe_take_oracle(x: jax.Array, indices: Any, fill: Any) -> Array:
    values, places = np.asarray(x), np.asarray(indices)
    out = np.full((len(places), *values.shape[1:]), fill, values.dtype)
    for k, index in enumerate(places):
        if 0 <= index < len(values):
            out[k] = values[index]
    return out


@check("safe_take", "correct", hint="In range it is plain indexing: x[indices].")
def test_safe_take_by_hand(learner: Learner) -> None:
    x = jnp.array([10.0, 20.0, 30.0])
    learner.safe_take(x, jnp.array([2, 0, 2, 1]), 5.0).equals([30.0, 10.0, 30.0, 20.0])


@check("safe_take", "correct", hint="JAX raises nothing; it clamps such a read. Which indices are n or more?")
def test_safe_take_fills_what_is_too_large(learner: Learner) -> None:
    x = jnp.array([10.0, 20.0, 30.0])
    filled = "jnp.take fills with nan what is out of range. Read with mode='clip', and let jnp.where put `fill` there."
    with hint_when(looks_like(Pattern.NAN), filled):
        learner.safe_take(x, jnp.array([2, 3, 4, FARTHEST]), 5.0).equals([30.0, 5.0, 5.0, 5.0])


@check(
    "safe_take", "correct", hint="-1 is out of range here. To an index it is the last item, in every mode."
)
def test_safe_take_fills_negatives(learner: Learner) -> None:
    x = jnp.array([10.0, 20.0, 30.0])
    learner.safe_take(x, jnp.array([2, 3, -1, 0]), 5.0).equals([30.0, 5.0, 5.0, 10.0])
    learner.safe_take(x, jnp.array([0, -1, -3, -FARTHEST]), 5.0).equals([10.0, 5.0, 5.0, 5.0])


@check(
    "safe_take",
    "correct",
    hint="Read along the first axis, and give the mask of shape (m,) an axis for each of the others.",
)
def test_safe_take_takes_items_of_any_shape(learner: Learner, numbers: Numbers) -> None:
    for shape, m in (((4, 4), 4), ((1, 2, 3), 17)):
        x, indices = numbers.normal(shape), numbers.integers(-2 * shape[0], 2 * shape[0], m)
        learner.safe_take(x, indices, -1.0).equals(safe_take_oracle(x, indices, -1.0))


@check(
    "safe_take",
    "correct",
    hint="0 * nan is nan, and x may hold a nan of its own. Let the indices decide, with where.",
)
def test_safe_take_keeps_nan_apart(learner: Learner) -> None:
    indices = jnp.array([0, 1, 2, 3])
    learner.safe_take(jnp.array([1.0, jnp.nan, jnp.inf]), indices, 5.0).equals([1.0, np.nan, np.inf, 5.0])
    learner.safe_take(jnp.array([1.0, 2.0, 3.0]), indices, jnp.nan).equals([1.0, 2.0, 3.0, np.nan])


@check("safe_take", "correct", hint="Results have the dtype of x, whatever fill is.")
def test_safe_take_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    x, indices = float16(numbers.normal(3)), jnp.array([0, 2, 4, -1])
    for fill in (5.0, jnp.float32(5.0)):  # a float32 array promotes what a Python number does not
        with hint_when(raised("TypeError"), _FILL_VALUE):
            called = learner.safe_take(x, indices, fill)
        called.equals(safe_take_oracle(x, indices, fill))


@check("safe_take", "jit", hint="Keep one result an index; let jnp.where choose between x and fill.")
def test_safe_take_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5, 2)), numbers.integers(-9, 9, 7), numbers.normal()) for _ in range(2)]
    agrees_once(learner.safe_take.jit(), calls, safe_take_oracle, by=Called.equals)


@check("safe_take", "jit", hint="One gather reads at all indices.")
def test_safe_take_has_no_python_loop(learner: Learner) -> None:
    x, fill = jnp.zeros((5, 2)), jnp.float32(1.0)
    small, large = (x, jnp.zeros(8, jnp.int32), fill), (x, jnp.zeros(16, jnp.int32), fill)
    same_size_for(learner.safe_take.jit(), small, large)
