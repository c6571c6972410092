"""The deeper look at bootstrap_means: exact laws, over many resamples."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from grader.days.day03_random_keys.bootstrap_means.checks import DIGITS, picks
from grader.days.day03_random_keys.shared import must_not_repeat, shares_must_be
from grader.toolkit import Array, Called, Learner, Numbers, check

RESAMPLES = 20_000


def many(learner: Learner, numbers: Numbers, x: Array, resamples: int = RESAMPLES) -> Called:
    bootstrap = learner.bootstrap_means.jit(static_argnames="n_resamples")
    return bootstrap(numbers.key(), jnp.asarray(x, jnp.float32), n_resamples=resamples)


@check(
    "bootstrap_means",
    "deeper",
    hint="Each of the n picks is drawn by itself: which elements come together is chance alone.",
)
def test_bootstrap_means_picks_are_independent(learner: Learner, numbers: Numbers) -> None:
    called = many(learner, numbers, DIGITS)
    counts = picks(called, RESAMPLES)
    # How many different elements: there are n! / (n - d)! ways to name d of them in turn, and S(6, d) ways to group six picks.
    groups = np.array([1, 31, 90, 65, 15, 1])
    wanted = np.array([math.perm(6, d) * groups[d - 1] / 6**6 for d in range(1, 7)])
    different = (counts > 0).sum(axis=1)
    shares = np.array([(different == d).mean() for d in range(1, 7)])
    names = [f"{d} different elements" for d in range(1, 7)]
    shares_must_be(called, "does not pick one by one", names, shares, wanted, RESAMPLES)
    # Which two come up together: each pair of elements is in as many resamples as any other.
    pairs = [(i, j) for i in range(6) for j in range(i)]
    both = np.array([((counts[:, i] > 0) & (counts[:, j] > 0)).mean() for i, j in pairs])
    together = 1 - 2 * (5 / 6) ** 6 + (4 / 6) ** 6
    names = [f"x[{i}] with x[{j}]" for i, j in pairs]
    shares_must_be(called, "does not pick one by one", names, both, np.full(15, together), RESAMPLES)


@check("bootstrap_means", "deeper", hint="No pick may serve two resamples: draw n_resamples times n indices.")
def test_bootstrap_means_resamples_share_nothing(learner: Learner, numbers: Numbers) -> None:
    called = many(learner, numbers, DIGITS)
    missed = (5 / 6) ** 6  # the probability that a resample leaves out a given element
    counts = picks(called, RESAMPLES)
    for element in (0, 3, 5):
        without = (counts[:, element] == 0) - missed
        must_not_repeat(called, "repeats its resamples", without, missed * (1 - missed))


@check(
    "bootstrap_means", "deeper", hint="For [0, 1] the mean is 0, 1/2 or 1, with probabilities 1/4, 1/2, 1/4."
)
def test_bootstrap_means_of_zero_and_one(learner: Learner, numbers: Numbers) -> None:
    unit = 2.0**-20  # in which all means are exact
    called = many(learner, numbers, np.array([0.0, unit]))
    shares = np.array([(np.asarray(called.value) == mean * unit).mean() for mean in (0.0, 0.5, 1.0)])
    names = ["mean 0", "half of the larger one", "the larger one"]
    shares_must_be(called, "has other means", names, shares, np.array([0.25, 0.5, 0.25]), RESAMPLES)
    many(learner, numbers, np.array([-2.5]), 5).equals(np.full(5, -2.5, np.float32))


@check(
    "bootstrap_means", "deeper", hint="All n elements can be picked, the last of many as often as the first."
)
def test_bootstrap_means_reaches_every_one_of_many(learner: Learner, numbers: Numbers) -> None:
    n = 300
    for place in (0, n - 1):
        x = np.zeros(n)
        x[place] = n  # so the mean says how often it was picked
        called = many(learner, numbers, x, 4000)
        missed = np.array([np.mean(np.asarray(called.value) < 0.5)])
        names = [f"resamples without x[{place}]"]
        shares_must_be(
            called, "does not pick all elements alike", names, missed, np.array([(1 - 1 / n) ** n]), 4000
        )
