"""The deeper look at gumbel_top_k: exact laws, over many keys."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import over_keys, shares_must_be
from grader.toolkit import Learner, Numbers, check


@check(
    "gumbel_top_k",
    "deeper",
    hint="Noise of few bits ties, and then the lower index wins: draw Gumbel noise in float32, and keep the logits so.",
)
def test_gumbel_top_k_orders_of_equals_are_fair(learner: Learner, numbers: Numbers) -> None:
    n = 33
    called = over_keys(learner.gumbel_top_k, numbers, 2048, jnp.asarray(np.full(n, 7.0, np.float32)), n)
    # Neighbours in disjoint pairs: in a random order each has its own chance to rise.
    rising = called.value[:, :-1:2] < called.value[:, 1::2]
    shares = np.array([rising.mean()])
    shares_must_be(called, "favours low indices", ["pairs that rise"], shares, np.array([0.5]), rising.size)
    ends = np.array([(called.value[:, 0] < n // 2).mean(), (called.value[:, -1] < n // 2).mean()])
    names = [f"an index below {n // 2} first", f"an index below {n // 2} last"]
    shares_must_be(called, "favours some indices", names, ends, np.full(2, (n // 2) / n), len(called.value))


@check(
    "gumbel_top_k",
    "deeper",
    hint="logits + Gumbel noise, with no factor at either: that makes p = softmax(logits), for the rare ones, too.",
)
def test_gumbel_top_k_has_its_exact_law(learner: Learner, numbers: Numbers) -> None:
    weights = np.array([0.002, 0.05, 0.25, 0.698])
    # Far from 0: a narrower dtype would not tell them apart there.
    logits = jnp.asarray(np.log(weights) - 205, jnp.float32)
    called = over_keys(learner.gumbel_top_k, numbers, 2**18, logits, 2)
    every = list(itertools.permutations(range(4), 2))
    wanted = np.array([weights[a] * weights[b] / (1 - weights[a]) for a, b in every])
    shares = np.array([(called.value == pair).all(axis=1).mean() for pair in every])
    names = [f"the order {list(pair)}" for pair in every]
    shares_must_be(called, "draws with other probabilities", names, shares, wanted, len(called.value))


@check("gumbel_top_k", "deeper", hint="Every index can win, the last of many as often as the first.")
def test_gumbel_top_k_reaches_every_one_of_many(learner: Learner, numbers: Numbers) -> None:
    n = 300
    called = over_keys(learner.gumbel_top_k, numbers, 2**15, jnp.zeros(n), 1)
    winners = called.value[:, 0]
    names = [f"an index from {low} to {low + 74} first" for low in range(0, n, 75)]
    shares = np.array([((winners >= low) & (winners < low + 75)).mean() for low in range(0, n, 75)])
    shares_must_be(called, "favours some indices", names, shares, np.full(4, 0.25), len(winners))


@check("gumbel_top_k", "deeper", hint="A logit of -inf is never drawn, and equal logits have equal chances.")
def test_gumbel_top_k_of_two_and_none(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(learner.gumbel_top_k, numbers, 2**12, jnp.array([0.0, 0.0, -jnp.inf]), 2)
    orders = ([0, 1], [1, 0])
    shares = np.array([(called.value == order).all(axis=1).mean() for order in orders])
    names = [f"the order {order}" for order in orders]
    shares_must_be(
        called, "draws with other probabilities", names, shares, np.full(2, 0.5), len(called.value)
    )


@check(
    "gumbel_top_k",
    "deeper",
    hint="Noise has a long tail: of two thousand draws some reach 7 and more. Keep u away from 0 by no more than float32 must.",
)
def test_gumbel_top_k_has_its_tail(learner: Learner, numbers: Numbers) -> None:
    n, hot = 2001, 5
    logits = jnp.zeros(n).at[hot].set(7.0)
    called = over_keys(learner.gumbel_top_k, numbers, 1024, logits, 1)
    shares = np.array([(called.value[:, 0] == hot).mean()])
    wanted = np.array([np.exp(7.0) / (np.exp(7.0) + n - 1)])
    names = [f"the one logit of 7 among {n - 1:,} zeros first"]
    shares_must_be(called, "draws with other probabilities", names, shares, wanted, len(called.value))
