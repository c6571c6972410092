"""The deeper look at train_ensemble."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from grader.days.day12_compiled_training.shared import Tree, called, compiled, drawn_data
from grader.days.day12_compiled_training.train_ensemble.checks import (
    ensemble_arguments,
    member_keys,
    right_ensemble,
)
from grader.toolkit import Draw, Learner, Named, Numbers, check

STEEP = Named("sgd", optax.sgd(0.125))
HUGE = 1e15


def some_far_away(key: Any) -> Tree:
    """Every other member begins so far away that its gradient overflows."""
    odd = jax.random.key_data(key).ravel()[1] % 2 == 1
    return {"w": jnp.where(odd, HUGE, 1.0)}


def steep(params: Tree, x: Any, y: Any) -> Any:
    return params["w"] ** 4 / 4


@check(
    "train_ensemble",
    "deeper",
    hint="Members know nothing of each other: one that overflows stays in its own place, and is neither stopped nor mended.",
)
def test_train_ensemble_lets_members_overflow(learner: Learner) -> None:
    keys = jax.random.wrap_key_data(jnp.asarray(np.stack([np.zeros(5), np.arange(5)], axis=1), jnp.uint32))
    nothing = jnp.zeros((1, 1))
    found = compiled(learner.train_ensemble)(
        keys, some_far_away, nothing, nothing, STEEP, steep, jnp.int32(6)
    )
    w = 1.0
    for _ in range(6):
        w -= w**3 / 8
    expected = np.where(np.arange(5) % 2, np.nan, w)
    found[0]["w"].close_to(expected)
    found[1].close_to(expected**4 / 4)


@check(
    "train_ensemble",
    "deeper",
    hint="Any number of members, one alone too, and any number of epochs.",
)
def test_train_ensemble_of_any_size(learner: Learner, draw: Draw) -> None:
    n_members, n_epochs, seed = draw.one_of(24, 1), draw.integer(0, 40), draw.integer(0, 2**31 - 1)
    numbers = Numbers(seed, "train_ensemble")
    keys, data = member_keys(numbers, n_members), drawn_data(numbers, 0.0)
    found = called(learner.train_ensemble, *ensemble_arguments(keys, data, n_epochs))
    right_ensemble(found, keys, data, n_epochs)


def ones(key: Any) -> Tree:
    return {"w": jnp.where(jax.random.key_data(key).ravel()[1] % 2 == 1, 2.0, 1.0)}


def distance(params: Tree, x: Any, y: Any) -> Any:
    return jnp.sum((params["w"] - x[0] * y[0]) ** 2) / 2


@check(
    "train_ensemble",
    "deeper",
    hint="Data, parameters and losses are as large as they come, and a NaN in the data is one in all members: nothing is cut, and"
    " nothing mended.",
)
def test_train_ensemble_takes_any_data(learner: Learner) -> None:
    keys = jax.random.wrap_key_data(jnp.asarray(np.stack([np.zeros(4), np.arange(4)], axis=1), jnp.uint32))
    starts = np.where(np.arange(4) % 2, 2.0, 1.0)
    for x, y in ((300.0, 2.0), (-1e-6, 70.0), (np.nan, 1.0), (1.0, np.nan)):
        found = compiled(learner.train_ensemble)(
            keys, ones, jnp.full((1, 1), x), jnp.full(1, y), STEEP, distance, jnp.int32(6)
        )
        w = x * y + (starts - x * y) * (1 - 0.125) ** 6
        found[0]["w"].close_to(w, rtol=1e-5)
        found[1].close_to((w - x * y) ** 2 / 2, rtol=1e-4)
