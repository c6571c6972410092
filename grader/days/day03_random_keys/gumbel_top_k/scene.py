"""Which index comes first, which comes after which, and what is drawn from logits far apart.

The first index has a law of its own, and so has the second after it, which leaves the diagonal empty: noise of another kind
bends the first, and a draw with replacement, a sorted or an even draw shows in the second. From logits 50 apart the order is
certain, and one of -inf is never drawn, however low the others are.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, line, points

SHARES = np.array([0.4, 0.02, 0.25, 0.05, 0.28])
DRAWS = 4000


def draw(gumbel_top_k: Any) -> list[Any]:
    """Four thousand pairs of five, and an order of twelve."""
    n, key = SHARES.size, jax.random.key(7)
    logits = jnp.asarray(np.log(SHARES) + 3, jnp.float32)
    drawn = np.asarray(jax.vmap(lambda key: gumbel_top_k(key, logits, 2))(jax.random.split(key, DRAWS)))
    first, second = drawn[:, 0], drawn[:, 1]
    pairs = np.array([[np.sum((first == i) & (second == j)) for j in range(n)] for i in range(n)])
    law = DRAWS * np.outer(SHARES, SHARES) / (1 - SHARES[:, None]) * (1 - np.eye(n))
    far = np.append(-10000.0 - 50 * np.arange(11), -np.inf)[[3, 7, 0, 11, 9, 1, 5, 10, 2, 8, 4, 6]]
    order = np.argsort(-far)[:11]
    place = np.arange(n)
    return [
        chart(
            "which comes first",
            bars(place, [np.sum(first == i) for i in range(n)], "how often"),
            points(place, DRAWS * SHARES, "by the law", given=True),
            across="index",
            up="how often",
        ),
        image("by the law: first (rows) and second (columns)", law, scale="heat", given=True),
        image("first (rows) and second (columns)", pairs, scale="heat", low=0, high=float(law.max())),
        chart(
            "eleven of twelve, from logits 50 apart and one of -inf",
            line(np.arange(11), order, "by the law", given=True),
            points(np.arange(11), gumbel_top_k(key, jnp.asarray(far, jnp.float32), 11), "drawn"),
            across="place in the draw",
            up="index",
        ),
    ]


SCENE = Scene(
    "Which of five indices is drawn first and which second, beside the law; and an order of eleven that is certain, since their "
    "logits lie far apart.",
    draw,
    by_chance=True,
    shows=[
        "without_noise",
        "noise_on_probabilities",
        "normal_noise",
        "forgets_one_logarithm",
        "later_draws_uniform",
        "minus_the_noise",
        "one_noise_for_all",
        "with_replacement",
        "sorted_indices",
        "race_with_underflowing_rates",
        "low_for_never",
    ],
)
