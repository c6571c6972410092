"""Checks of shuffle_together."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import over_keys, reuses_no_key, shares_must_be
from grader.toolkit import Called, Kind, Learner, Numbers, agrees_once, check, hint_when, same_size_for

ROWS = 33


@check("shuffle_together", "correct", hint="Make one order of the rows, and index both with it.")
def test_shuffle_together_pairs_stay_pairs(learner: Learner, numbers: Numbers) -> None:
    # Labels that float32 cannot tell apart, and so many columns that their order does not stay by chance.
    x, y = numbers.normal((ROWS, 9)), jnp.asarray(2**24 + np.arange(ROWS))
    with hint_when(
        lambda finding: finding.kind is Kind.DTYPE,
        "Do not join y to an array of floats: it loses its dtype and digits. Index x and y apart, by one order.",
    ):
        called = learner.shuffle_together(numbers.key(), x, y)
    order = np.asarray(called.value[1]) - 2**24
    missing = sorted(set(range(ROWS)) - set(order.tolist()))
    called[1].require(
        not missing,
        "has lost entries of y",
        expected="every entry exactly once",
        got=f"{len(missing)} of {ROWS} missing",
        hint="A shuffle only moves things: draw an order without repetitions, and index y with it as it is. On a way through "
        "float32 integers past 2^24 lose digits.",
    )
    together = (np.asarray(called.value[0]) == np.asarray(x)[order]).all(axis=1)
    row = int(np.argmin(together))
    moved_within = sorted(np.asarray(called.value[0])[row].tolist()) == sorted(
        np.asarray(x)[order[row]].tolist()
    )
    called.require(
        together.all(),
        f"breaks up pairs, first in row {row}",
        expected=f"new row {row} of x is old row {order[row]}, as in y",
        got=f"the numbers of old row {order[row]} in another order" if moved_within else "something else",
        hint="Shuffle rows alone: within a row nothing moves." if moved_within else None,
    )


@check(
    "shuffle_together",
    "correct",
    hint="jax.random.permutation gives every order the same chance; most home-made swaps do not.",
)
def test_shuffle_together_all_orders_are_as_likely(learner: Learner, numbers: Numbers) -> None:
    called = over_keys(
        learner.shuffle_together, numbers, 16384, numbers.normal((4, 3)), jnp.asarray(np.arange(4))
    )
    orders, draws = called.value[1], len(called.value[1])
    every = list(itertools.permutations(range(4)))
    shares = np.array([(orders == order).all(axis=1).mean() for order in every])
    names = [f"the order {list(order)}" for order in every]
    shares_must_be(called, "favours some orders", names, shares, np.full(24, 1 / 24), draws)


@check("shuffle_together", "jit", hint="An order is an array: index with it as it is.")
def test_shuffle_together_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.key(), numbers.normal((ROWS, 9)), numbers.integers(0, 9, ROWS)) for _ in range(2)]
    agrees_once(
        learner.shuffle_together.jit(),
        calls,
        lambda *arguments: tuple(learner.shuffle_together(*arguments).value),
        by=Called.equals,
    )


@check(
    "shuffle_together",
    "jit",
    hint="One permutation orders all rows; swaps in a Python loop are written out one by one.",
)
def test_shuffle_together_loops_stay_loops(learner: Learner, numbers: Numbers) -> None:
    small, large = ((numbers.key(), numbers.normal((n, 9)), numbers.permutation(n)) for n in (8, ROWS))
    same_size_for(learner.shuffle_together.jit(), small, large)


@check(
    "shuffle_together",
    "jit",
    hint="Draw one order, then index x and y with it: then one use of the key is enough.",
)
def test_shuffle_together_uses_each_key_once(learner: Learner, numbers: Numbers) -> None:
    reuses_no_key(
        learner.shuffle_together, numbers.key(), numbers.normal((ROWS, 9)), numbers.permutation(ROWS)
    )
