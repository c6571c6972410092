"""The deeper look at epoch_batches."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import numpy as np

from grader.days.day12_compiled_training.shared import MANY_KEYS, called, even_chances
from grader.toolkit import Array, Called, Draw, Learner, Numbers, check


def deals(learner: Learner, key: Any, n_keys: int, n: int, batch_size: int) -> Called:
    """The batches for many keys, mapped over them: (keys, batches, places)."""
    lifted = learner.epoch_batches.vmap(in_axes=(0, None, None)).jit(static_argnums=(1, 2))
    text = f"epoch_batches(key, {n}, {batch_size}) for {n_keys} keys"
    return lifted.using(text, lifted.function, jax.random.split(key, n_keys), n, batch_size)


@check(
    "epoch_batches",
    "deeper",
    hint="All orders are equally likely: jax.random.permutation makes one, and nothing is to be changed in it afterwards."
    " Numbers that are sorted must hardly ever be equal, and swaps of anything with anything are no fair shuffle.",
)
def test_epoch_batches_likes_all_orders(learner: Learner, numbers: Numbers) -> None:
    found = deals(learner, numbers.key(), MANY_KEYS, 5, 2)
    orders = {order: place for place, order in enumerate(itertools.permutations(range(5), 4))}
    outcomes = [orders.get(tuple(row), -1) for row in np.asarray(found.value).reshape(-1, 4).tolist()]
    found.require(
        min(outcomes) >= 0, "deals an example twice", expected="four different indices below 5", got="others"
    )
    dealt = np.asarray(found.value).reshape(-1, 4)
    times = np.stack([np.sum(dealt == example, axis=0) for example in range(5)])
    example, place = (int(i) for i in np.unravel_index(np.argmin(times), times.shape))
    found.require(
        times[example, place] > 0,
        "leaves out some orders",
        expected=f"example {example} at place {place} for about {MANY_KEYS // 5} of {MANY_KEYS} keys",
        got="for none",
        hint="Is something changed in an order after it has been drawn? Take jax.random.permutation as it comes.",
    )
    even_chances(found, np.array(outcomes), len(orders), "orders")


@check(
    "epoch_batches",
    "deeper",
    hint=(
        "Each key deals anew: its own bits decide, all of them, and numbers that are sorted have enough of them not to be"
        " equal."
    ),
)
def test_epoch_batches_deals_anew_for_each_key(learner: Learner, numbers: Numbers) -> None:
    n, n_keys = 200, 8000
    found = deals(learner, numbers.key(), n_keys, n, 25)
    orders: Array = np.asarray(found.value).reshape(n_keys, -1)
    different = len({order.tobytes() for order in orders})
    found.require(
        different == n_keys,
        "deals the same for several keys",
        expected=f"{n_keys} different orders",
        got=f"{different}",
    )
    whole = np.sort(orders, axis=1)
    found.require(
        np.array_equal(whole, np.broadcast_to(np.arange(n), whole.shape)),
        "deals an example twice",
        expected=f"each of {n} examples once",
        got="some of them twice",
    )
    # An example comes after its left neighbour as often as before it. The number of those that do has mean 99.5 and deviation
    # 4.1, its mean over 8000 keys a deviation of 0.046.
    places = np.argsort(orders, axis=1)
    after = float(np.mean(np.sum(places[:, 1:] > places[:, :-1], axis=1)))
    found.require(
        abs(after - (n - 1) / 2) < 6.2 * np.sqrt((n + 1) / 12 / n_keys),
        "prefers some orders",
        expected=f"about {(n - 1) / 2:.1f} of {n} examples after their left neighbours",
        got=f"{after:.1f}",
    )
    # The correlation of number and place has mean 0 and deviation 1 / sqrt(n - 1) for each key. Ties that stay in order add
    # 1.5 times their share: 0.006 for random bytes.
    ranks = (np.arange(n) - (n - 1) / 2) / np.sqrt((n * n - 1) / 12)
    correlation = float(np.mean((places - (n - 1) / 2) @ ranks) / n / np.sqrt((n * n - 1) / 12))
    found.require(
        abs(correlation) < 6 / np.sqrt((n - 1) * n_keys),
        "prefers some orders",
        expected="no correlation between an example's number and its place",
        got=f"a correlation of {correlation:.2g}",
    )


@check(
    "epoch_batches",
    "deeper",
    hint=(
        "n // batch_size rows of batch_size indices, whatever the sizes; the first n // batch_size · batch_size of a"
        " permutation."
    ),
)
def test_epoch_batches_deals_any_number(learner: Learner, draw: Draw) -> None:
    n, batch_size = draw.one_of((1, 1), (2, 1), (9, 9), (17, 4), (300, 7))
    result = called(learner.epoch_batches, draw.key(), n, batch_size)
    entries = np.asarray(result.value)
    result.require(
        entries.shape == (n // batch_size, batch_size),
        "has the wrong shape",
        expected=f"shape {(n // batch_size, batch_size)}",
        got=f"shape {entries.shape}",
    )
    found = entries.ravel()
    result.require(
        len(set(found.tolist())) == len(found) and found.min() >= 0 and found.max() < n,
        "deals other examples",
        expected=f"different indices below {n}",
        got=entries,
    )
