"""The deeper look at dropout: exact laws, over many elements and many keys."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.dropout.checks import kept
from grader.days.day03_random_keys.shared import must_not_repeat, over_keys, shares_must_be
from grader.toolkit import Draw, Learner, Numbers, check


@check(
    "dropout",
    "deeper",
    hint="What is kept is x / (1 - rate), at every size and of both signs; the rest is 0.",
)
def test_dropout_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((3,), (), (1, 4), (2, 3, 2))
    x = draw.floats(shape, magnitudes=(1e-7, 1e6), special=(0.0,))
    rate = draw.one_of(0.5, 0.0, 0.25, 0.96875, 1.0)
    called = learner.dropout.jit()(draw.key(), x, jnp.float32(rate))
    if rate == 1:
        traced = "At rate 1 all is 0, also where the rate is traced: divide inside of jnp.where, in no case of its own."
        called.equals(np.zeros(shape, np.float32), hint=traced)
        return
    kept(called, x, rate)
    if rate == 0:
        called.equals(x)


@check(
    "dropout",
    "deeper",
    hint="A rate of 0.0002 is two in ten thousand: compare float32 uniforms with the rate, nothing coarser.",
)
def test_dropout_keeps_to_small_rates(learner: Learner, numbers: Numbers) -> None:
    x = jnp.asarray(np.full((2048, 512), 1e-6, np.float32))  # small, and none of them nothing
    for rate in (0.0002, 0.3):
        called = learner.dropout.jit()(numbers.key(), x, jnp.float32(rate))
        dropped = np.array([np.mean(np.asarray(called.value) == 0)])
        shares_must_be(called, "drops another share", ["zeros"], dropped, np.array([rate]), x.size)
        must_not_repeat(
            called, "drops elements together", (np.asarray(called.value) == 0) - rate, rate * (1 - rate)
        )


@check(
    "dropout",
    "deeper",
    hint="Every element has its own chance: what became of the others, and what it holds itself, tells nothing about it.",
)
def test_dropout_patterns_have_their_law(learner: Learner, numbers: Numbers) -> None:
    x = jnp.array([1.0, 1.0, -3.0, 0.25])
    called = over_keys(learner.dropout, numbers, 2**17, x, 0.25)
    kept_ones = called.value != 0
    draws = len(kept_ones)
    every = list(itertools.product((False, True), repeat=4))
    shares = np.array([(kept_ones == pattern).all(axis=1).mean() for pattern in every])
    wanted = np.array([np.prod(np.where(pattern, 0.75, 0.25)) for pattern in every])
    names = ["kept " + (", ".join(f"x[{i}]" for i in range(4) if p[i]) or "nothing") for p in every]
    shares_must_be(called, "drops elements together", names, shares, wanted, draws)
