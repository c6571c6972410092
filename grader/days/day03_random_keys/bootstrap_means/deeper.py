"""The deeper look at bootstrap_means: exact laws, over many resamples."""

from __future__ import annotations

import math
from itertools import product

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.shared import must_have_shape, shares_must_be
from grader.toolkit import Array, Called, Learner, Numbers, check, wide

RESAMPLES = 20_000


def sums(learner: Learner, numbers: Numbers, x: list[float]) -> tuple[Called, Array]:
    """The sums that the resamples of x have, as whole numbers."""
    bootstrap = learner.bootstrap_means.jit(static_argnames="n_resamples")
    called = bootstrap(numbers.key(), jnp.asarray(x, jnp.float32), n_resamples=RESAMPLES)
    must_have_shape(called, (RESAMPLES,))
    return called, np.round(len(x) * wide(called.value))


@check(
    "bootstrap_means",
    "deeper",
    hint="The n picks of a resample know nothing of each other: each is drawn by itself, not in blocks or in pairs.",
)
def test_bootstrap_means_picks_by_the_multinomial_law(learner: Learner, numbers: Numbers) -> None:
    digits = [1.0, 4.0, 16.0]  # the sum of three picks tells how often each was picked
    called, found = sums(learner, numbers, digits)
    ways = [counts for counts in product(range(4), repeat=3) if sum(counts) == 3]
    totals = [float(np.dot(counts, digits)) for counts in ways]
    wanted = [6 / math.prod(map(math.factorial, counts)) / 27 for counts in ways]
    names = [f"{first} times x[0], {second} times x[1]" for first, second, _ in ways]
    shares = np.array([np.mean(found == total) for total in totals])
    complaint = "does not draw its picks independently"
    shares_must_be(called, complaint, names, shares, np.array(wanted), RESAMPLES)


@check(
    "bootstrap_means",
    "deeper",
    hint="Resamples share no picks: draw n_resamples x n indices, all of them anew.",
)
def test_bootstrap_means_neighbours_are_strangers(learner: Learner, numbers: Numbers) -> None:
    called, found = sums(learner, numbers, [0.0, 1.0])
    chances = {0.0: 0.25, 1.0: 0.5, 2.0: 0.25}
    pairs = list(product(chances, repeat=2))
    wanted = np.array([chances[one] * chances[other] for one, other in pairs])
    for apart in (1, 2, RESAMPLES // 2):
        ones, others = found[: RESAMPLES // 2 : 2], np.roll(found, -apart)[: RESAMPLES // 2 : 2]
        shares = np.array([np.mean((ones == one) & (others == other)) for one, other in pairs])
        names = [f"means {one / 2:g} and {other / 2:g}, {apart:,} apart" for one, other in pairs]
        complaint = "has resamples that depend on each other"
        shares_must_be(called, complaint, names, shares, wanted, len(ones))
