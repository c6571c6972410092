"""The deeper look at shuffle_together: exact laws, over many rows and many keys."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import over_keys, shares_must_be
from grader.toolkit import Called, Draw, Learner, Numbers, check


def orders_of_nine(learner: Learner, numbers: Numbers) -> tuple[Called, int]:
    """Nine rows, shuffled with thousands of keys."""
    x, y = jnp.zeros((9, 1)), jnp.asarray(np.arange(9))
    return over_keys(learner.shuffle_together, numbers, 8192, x, y), 9


@check(
    "shuffle_together",
    "deeper",
    hint="What is sorted by random numbers must not tie: among many rows, bytes and 16 bits do, and ties keep the old order.",
)
def test_shuffle_together_ties_nothing(learner: Learner, numbers: Numbers) -> None:
    n, shuffles = 4096, 16
    shuffle, x, y = learner.shuffle_together.jit(), jnp.zeros((n, 1)), jnp.asarray(np.arange(n))
    shuffled = [shuffle(numbers.key(), x, y) for _ in range(shuffles)]
    orders = np.stack([np.asarray(called.value[1]) for called in shuffled])
    # Neighbours in disjoint pairs: each has its own chance to stand in the old order.
    rising = np.array([(orders[:, ::2] < orders[:, 1::2]).mean()])
    # Sorting by float32 uniforms of 23 bits ties one in two thousand of them: that is far within the margin.
    shares_must_be(
        shuffled[0],
        "favours the old order",
        ["neighbours in the old order"],
        rising,
        np.array([0.5]),
        n // 2 * shuffles,
    )


@check(
    "shuffle_together",
    "deeper",
    hint="Half of all orders take an odd number of swaps. Draw any order, and mend nothing afterwards.",
)
def test_shuffle_together_odd_orders_come_up(learner: Learner, numbers: Numbers) -> None:
    called, n = orders_of_nine(learner, numbers)
    orders = called.value[1]
    inversions = sum((orders[:, i] > orders[:, j]).astype(int) for j in range(n) for i in range(j))
    odd = np.array([np.mean(np.asarray(inversions) % 2)])
    shares_must_be(called, "favours some orders", ["odd orders"], odd, np.array([0.5]), len(orders))


@check(
    "shuffle_together",
    "deeper",
    hint="Every row may come to every place, with the same chance: shuffle all rows together, not in parts.",
)
def test_shuffle_together_every_row_goes_everywhere(learner: Learner, numbers: Numbers) -> None:
    called, n = orders_of_nine(learner, numbers)
    orders = called.value[1]
    names = [f"row {row} at place {place}" for place in range(n) for row in range(n)]
    shares = np.array([(orders[:, place] == row).mean() for place in range(n) for row in range(n)])
    shares_must_be(called, "favours some orders", names, shares, np.full(n * n, 1 / n), len(orders))


@check(
    "shuffle_together",
    "deeper",
    hint="Rows and entries stay together and as they are, however many there are.",
)
def test_shuffle_together_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, d = draw.one_of((3, 2), (1, 1), (2, 2), (3, 0), (17, 1))
    x, y = draw.floats((n, d), magnitudes=(1e-7, 1e7)), draw.integers(n, -5, 2**31 - 1)
    called = learner.shuffle_together.jit()(draw.key(), x, y)
    before = sorted(zip(np.asarray(y).tolist(), np.asarray(x).tolist(), strict=True))
    after = sorted(
        zip(np.asarray(called.value[1]).tolist(), np.asarray(called.value[0]).tolist(), strict=True)
    )
    called.require(before == after, "breaks up pairs", expected=f"the pairs {before}", got=f"{after}")
