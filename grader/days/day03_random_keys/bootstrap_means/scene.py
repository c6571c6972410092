"""Means of resamples of nine zeros and three ones, how often each comes, and neighbouring means against each other.

Such a mean is a number of twelfths, and its law is known: resamples without replacement make one bar, bounds that are off
lean the bars to a side, and what draws from a smooth law fills the gaps. The ones lie together at the end, where neighbours
drawn in pairs and elements that are missed show; two means of independent resamples make a round spot, and shared picks make
a slanting one.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, points

N, ONES = 12, 3
RESAMPLES = 3000


def draw(bootstrap_means: Any) -> list[Any]:
    """Bars four times as fine as the twelfths."""
    x = jnp.asarray([0.0] * (N - ONES) + [1.0] * ONES)
    means = np.asarray(bootstrap_means(jax.random.key(7), x, RESAMPLES), np.float64).ravel()
    fine = np.arange(0, 9 * 4)
    counts, _ = np.histogram(means * N * 4, bins=np.arange(-0.5, 9 * 4))
    share = ONES / N
    law = np.array([math.comb(N, k) * share**k * (1 - share) ** (N - k) for k in range(9)])
    even, odd = means[: len(means) // 2 * 2].reshape(-1, 2).T * N
    edges = np.arange(-0.5, 9)
    pairs, _, _ = np.histogram2d(even, odd, bins=[edges, edges])
    most = RESAMPLES / 2 * law.max() ** 2
    return [
        chart(
            f"{RESAMPLES} means",
            bars(fine / 4, counts, "how often"),
            points(np.arange(9), RESAMPLES * law, "by the law", given=True),
            across="mean, in twelfths",
            up="how often",
        ),
        image(
            "by the law: a mean (rows) and the next (columns)", np.outer(law, law), scale="heat", given=True
        ),
        image("a mean (rows) and the next (columns)", pairs, scale="heat", low=0, high=most),
    ]


SCENE = Scene(
    "Means of resamples of nine zeros and three ones, in twelfths: how often each comes, and how often each comes before which "
    "other, beside what the law says.",
    draw,
    by_chance=True,
    shows=[
        "permutes",
        "never_picks_the_last",
        "picks_past_the_end",
        "one_key_for_all_resamples",
        "normal_approximation",
        "bayesian",
        "resamples_of_another_size",
        "in_pairs",
        "shared_half",
    ],
)
