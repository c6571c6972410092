"""Checks of dropout."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import (
    TABLE,
    must_differ,
    must_not_repeat,
    reuses_no_key,
    shares_must_be,
)
from grader.toolkit import Array, Called, Kind, Learner, Numbers, agrees_once, check, hint_when, of_kind, wide


def kept(called: Called, x: Any, rate: float) -> Array:
    """Where a result of dropout kept `x`: everywhere else it is 0. Raises WrongAnswer at another value."""
    values = wide(called.value)
    scaled = wide(x) / (1 - rate)
    stays = np.abs(values - scaled) <= 1e-5 * np.abs(scaled)  # one division, or two roundings
    wrong = np.argwhere(~stays & (values != 0))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        called.require(
            False,
            "is wrong",
            expected=f"0 or {scaled[place]:.5g}, which is {float(np.asarray(x)[place]):.5g} / (1 - {rate:g})",
            got=f"{values[place]:.5g}",
            kind=Kind.VALUE,
            where=place,
        )
    return np.asarray(stays)


@check("dropout", "correct", hint="Divide what is kept by the probability to keep.")
def test_dropout_kept_elements_are_scaled_up(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    kept(learner.dropout(numbers.key(), x, 0.75), x, 0.75)


@check("dropout", "correct", hint="Toss a coin for each element: the mask has the shape of x.")
def test_dropout_elements_are_independent(learner: Learner, numbers: Numbers) -> None:
    x = jnp.asarray(np.ones(TABLE, np.float32))  # equal elements: only chance tells them apart
    called = learner.dropout(numbers.key(), x, 0.5)
    must_not_repeat(called, "drops elements together", 2.0 * kept(called, x, 0.5) - 1, 1.0)


@check("dropout", "correct", hint="Every draw must come from the key that is given.")
def test_dropout_other_key_other_draw(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    must_differ(learner.dropout(numbers.key(), x, 0.5), learner.dropout(numbers.key(), x, 0.5))


@check("dropout", "correct", hint="Toss a coin for each element; do not choose a fixed number of them.")
def test_dropout_number_of_zeros_varies(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    draws = [learner.dropout(numbers.key(), x, 0.5) for _ in range(8)]
    counts = {int(kept(called, x, 0.5).sum()) for called in draws}
    # No count has a probability over 0.0063, so that eight equal ones have less than 1e-15.
    draws[0].require(
        len(counts) > 1,
        "always drops equally many",
        expected="a number of zeros that varies from key to key",
        got=f"{x.size - counts.pop()} zeros for each of 8 keys",
    )


def drops_its_share(learner: Learner, numbers: Numbers, x: Any, rate: float) -> None:
    called = learner.dropout(numbers.key(), x, rate)
    dropped = 1 - kept(called, x, rate).mean()
    shares_must_be(called, "drops another share", ["zeros"], np.array([dropped]), np.array([rate]), x.size)


@check("dropout", "correct", hint="bernoulli's p is that of True. Does True keep or drop, in your code?")
def test_dropout_drops_at_the_rate(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    drops_its_share(learner, numbers, x, 0.75)
    # Not a whole percent, and no byte comes near it.
    with hint_when(
        of_kind(Kind.PROPERTY),
        "A small rate counts, too: do not round it, and compare it with random floats, not with a byte or a percentage.",
    ):
        drops_its_share(learner, numbers, x, 0.0018)


@check("dropout", "correct", hint="With rate 0 everything is kept and divided by 1.")
def test_dropout_rate_zero_is_the_identity(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(TABLE)
    learner.dropout(numbers.key(), x, 0.0).equals(x)


@check(
    "dropout",
    "correct",
    hint="0 / 0 is nan. Divide inside of jnp.where, so that what is dropped is 0 and nothing else.",
)
def test_dropout_rate_one_gives_zeros(learner: Learner, numbers: Numbers) -> None:
    learner.dropout(numbers.key(), numbers.normal(TABLE), 1.0).equals(np.zeros(TABLE, np.float32))


@check("dropout", "jit", hint="The formula needs no special case: at rate 0 it is the identity by itself.")
def test_dropout_compiles_once(learner: Learner, numbers: Numbers) -> None:
    x = numbers.uniform(1, 2, TABLE)
    calls = [(numbers.key(), x, jnp.float32(rate)) for rate in (0.25, 0.5, 0.0)]
    agrees_once(learner.dropout.jit(), calls, lambda key, x, rate: learner.dropout(key, x, float(rate)).value)


@check("dropout", "jit", hint="One draw of a mask uses the key up. Split first, if you need more than one.")
def test_dropout_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.dropout, numbers.key(), numbers.uniform(1, 2, TABLE), 0.5)
