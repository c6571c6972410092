"""Checks of gumbel_top_k."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import must_have_shape, over_keys, reuses_no_key, shares_must_be
from grader.toolkit import Called, Kind, Learner, Numbers, agrees_once, bans, check, hint_when, same_size_for

_PLACES = "The integers are indices: return the places of the k largest, not their values. jax.lax.top_k gives both."
LOGITS = np.log([1.0, 2.0, 5.0]) + 3  # probabilities 1/8, 2/8, 5/8


@check(
    "gumbel_top_k",
    "correct",
    hint="Return the indices of the k largest, not their values, and largest first.",
)
def test_gumbel_top_k_draws_different_indices(learner: Learner, numbers: Numbers) -> None:
    n, k = 33, 17
    finite = -9999 + np.asarray(numbers.uniform(-1, 1, n))  # low, and still likely beside -inf
    logits = jnp.asarray(np.where(np.arange(n) % 4 == 0, -np.inf, finite), jnp.float32)
    rising = 0
    for _ in range(4):
        with hint_when(lambda finding: finding.kind is Kind.DTYPE, _PLACES):
            called = learner.gumbel_top_k(numbers.key(), logits, k)
        must_have_shape(called, (k,))
        indices = np.asarray(called.value).tolist()
        outside = [index for index in indices if not 0 <= index < n]
        called.require(not outside, "holds what is no index", expected=f"0 ... {n - 1}", got=str(outside[:4]))
        never = [index for index in indices if index % 4 == 0]
        called.require(
            not never,
            "draws what has a logit of -inf",
            expected="only finite logits",
            got=f"index {never[:1]}",
            hint="Leave -inf as it is: -inf plus noise is still -inf. A stand-in such as -1e4 is a logit that others may have.",
        )
        called.require(
            len(set(indices)) == k,
            "draws an index twice",
            expected=f"{k} different indices",
            got=f"{len(set(indices))} different",
            hint="Draw one noise for each logit and take the k largest; separate draws may repeat.",
        )
        rising += indices == sorted(indices)
        called.require(
            rising < 4,
            "sorts the indices",
            expected="the order in which they are drawn, the largest perturbed logit first",
            got=f"{indices[:4]} and on, rising as with three keys before",
            hint="Leave the indices in the order of the perturbed logits, largest first.",
        )


@check(
    "gumbel_top_k",
    "correct",
    hint="The rules leave choice and categorical out: perturb the logits yourself and take the top k.",
)
def test_gumbel_top_k_does_not_use_choice(learner: Learner) -> None:
    bans(
        learner.gumbel_top_k,
        "jax.random.choice",
        "jax.random.categorical",
        on=(jax.random.key(0), jnp.arange(7.0), 3),
    )


@check(
    "gumbel_top_k",
    "correct",
    hint="logits + Gumbel noise, one value for each logit: the largest is a draw from softmax(logits). Gumbel noise is "
    "-log(-log(u)), with two logarithms and two minus signs, or jax.random.gumbel.",
)
def test_gumbel_top_k_first_index_has_its_probability(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(learner.gumbel_top_k, numbers, 16384, jnp.asarray(LOGITS, jnp.float32), 3)
    draws = len(called.value)
    must_have_shape(called, (draws, 3))
    shares = np.array([(called.value[:, 0] == j).mean() for j in range(3)])
    names = [f"index {j} first" for j in range(3)]
    shares_must_be(called, "draws with other probabilities", names, shares, np.array([1, 2, 5]) / 8, draws)


@check(
    "gumbel_top_k",
    "correct",
    hint="All k indices come from one sort of the same perturbed logits, largest first: so the later ones have their weights, "
    "too.",
)
def test_gumbel_top_k_order_has_its_probability(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(learner.gumbel_top_k, numbers, 16384, jnp.asarray(LOGITS, jnp.float32), 3)
    weights, draws = np.array([1, 2, 5]), len(called.value)
    must_have_shape(called, (draws, 3))
    every = list(itertools.permutations(range(3)))
    shares = np.array([(called.value == order).all(axis=1).mean() for order in every])
    expected = np.array([weights[a] / 8 * weights[b] / (8 - weights[a]) for a, b, _ in every])
    names = [f"the order {list(order)}" for order in every]
    shares_must_be(called, "draws with other probabilities", names, shares, expected, draws)


@check(
    "gumbel_top_k",
    "correct",
    hint="Exponentials of such logits overflow or vanish: add the noise to the logits themselves.",
)
def test_gumbel_top_k_survives_huge_logits(learner: Learner, numbers: Numbers) -> None:
    # The noise is below 20 and above -5 in float32: it cannot change this order.
    learner.gumbel_top_k(numbers.key(), jnp.float32([-1e4, 1e4, 0.0]), 3).equals(np.array([1, 2, 0]))


@check("gumbel_top_k", "jit", hint="Keep the winners in an array; jax.lax.top_k gives all k at once.")
def test_gumbel_top_k_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # So far apart that another rounding under jit cannot change the order.
    calls = [
        (numbers.key(), jnp.asarray(100 * np.asarray(numbers.permutation(33)), jnp.float32)) for _ in range(2)
    ]
    agrees_once(
        learner.gumbel_top_k.jit(static_argnames="k"),
        calls,
        lambda _, logits, k: np.argsort(-np.asarray(logits))[:k],
        by=Called.equals,
        k=17,
    )


@check(
    "gumbel_top_k",
    "jit",
    hint="One draw of noise and one top_k serve every k; a Python loop over draws is written out.",
)
def test_gumbel_top_k_loops_stay_loops(learner: Learner, numbers: Numbers) -> None:
    key, logits = numbers.key(), numbers.normal(33)
    same_size_for(learner.gumbel_top_k.jit(static_argnames="k"), (key, logits, 4), (key, logits, 17))


@check("gumbel_top_k", "jit", hint="One draw of Gumbel noise is all the randomness there is.")
def test_gumbel_top_k_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(learner.gumbel_top_k, numbers.key(), numbers.normal(33), k=17)
