"""Checks of random_walks."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import (
    must_differ,
    must_have_shape,
    must_not_repeat,
    reuses_no_key,
    shares_must_be,
)
from grader.toolkit import Array, Called, Kind, Learner, Numbers, agrees_once, check, must_beat, same_size_for

WALKS = (64, 256)


def steps(called: Called, shape: tuple[int, int]) -> Array:
    """The steps behind positions. Raises WrongAnswer at the first that is neither +1 nor -1."""
    must_have_shape(called, shape)
    called.require(
        called.value.dtype == jnp.int32,
        "has another dtype",
        expected="i32",
        got=called.value,
        kind=Kind.DTYPE,
    )
    moves = np.diff(np.asarray(called.value), axis=1, prepend=0)
    wrong = np.argwhere(np.abs(moves) != 1)
    if len(wrong):
        walk, time = (int(index) for index in wrong[0])
        called.require(
            False,
            f"makes a wrong step {time} in walk {walk}",
            expected=f"+1 or -1 from {'the start, 0' if time == 0 else 'the position before'}",
            got=f"{moves[walk, time]:+d}" if moves[walk, time] else "0",
            hint="The start is no part of the result: column 0 is the position after the first step."
            if not moves[:, 0].any()
            else None,
        )
    return np.asarray(moves)


@check(
    "random_walks",
    "correct",
    hint="Draw steps of +1 and -1, a row for each walk, and sum each row up to every step.",
)
def test_random_walks_steps_are_plus_or_minus_one(learner: Learner, numbers: Numbers) -> None:
    steps(learner.random_walks(numbers.key(), *WALKS), WALKS)


@check(
    "random_walks",
    "correct",
    hint="Draw every step of every walk anew: one draw of the whole shape, or a key for each.",
)
def test_random_walks_walks_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = learner.random_walks(numbers.key(), *WALKS)
    must_not_repeat(called, "repeats its steps", steps(called, WALKS), 1.0)


@check("random_walks", "correct", hint="Both directions have the same chance.")
def test_random_walks_both_directions_are_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = learner.random_walks(numbers.key(), *WALKS)
    share = np.array([(steps(called, WALKS) == 1).mean()])
    shares_must_be(called, "leans to one side", ["+1"], share, np.array([0.5]), math.prod(WALKS))


@check("random_walks", "correct", hint="Every draw must come from the key that is given.")
def test_random_walks_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    must_differ(learner.random_walks(numbers.key(), *WALKS), learner.random_walks(numbers.key(), *WALKS))


@check("random_walks", "jit", hint="Stay in jax.numpy: jnp.cumsum sums a row up to every step.")
def test_random_walks_compiles_once(learner: Learner, numbers: Numbers) -> None:
    keys = [numbers.key(), numbers.key()]
    compiled = learner.random_walks.jit(static_argnames=("n_walks", "n_steps"))
    agrees_once(
        compiled,
        [(key,) for key in keys],
        lambda key, n_walks, n_steps: learner.random_walks(key, n_walks, n_steps).value,
        by=Called.equals,
        n_walks=3,
        n_steps=5,
    )


@check("random_walks", "jit", hint="Split the key, and draw from each child once.")
def test_random_walks_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.random_walks, numbers.key(), n_walks=3, n_steps=5)


def one_walk_after_the_other(key: Any, n_walks: int, n_steps: int) -> Any:
    keys = jax.random.split(key, n_walks)
    return jnp.stack([jnp.cumsum(jax.random.rademacher(one, (n_steps,), dtype=jnp.int32)) for one in keys])


def agree_on_steps(text: str, got: Any, expected: Any) -> None:
    """Timed walks are walks of the right shape, too."""
    steps(Called(text, got), expected.shape)


@check(
    "random_walks",
    "jit",
    hint="Positions are running sums of steps: one operation gives them all. To go step by step, use lax.scan.",
)
def test_random_walks_has_no_python_loop_over_steps(learner: Learner, numbers: Numbers) -> None:
    # Loops over walks are left to the clock: few walks here, and as many for both.
    walks, key = learner.random_walks.jit(static_argnames=("n_walks", "n_steps")), numbers.key()
    same_size_for(walks, (key, 3, 8), (key, 3, 16))


@check(
    "random_walks", "speed", hint="Draw the steps of all walks in one call with the shape (n_walks, n_steps)."
)
def test_random_walks_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.random_walks.jit(static_argnames=("n_walks", "n_steps")),
        one_walk_after_the_other,
        named="a Python loop over walks",
        draw=lambda size: (numbers.key(), size, 4),
        size=300,
        gate=20,
        numbers=numbers,
        agree=agree_on_steps,
    )
