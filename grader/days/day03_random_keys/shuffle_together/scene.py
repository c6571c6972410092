"""Numbered rows after a shuffle, with their labels, and how often each row goes where, and each order comes.

Each row and its label hold the number of the row, so that a row that lost its label has two shades. Over many keys each place
is as likely for each row, and each order of three as likely as the others: rolling, swapping with anybody and never staying
are not.
"""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, line

ROWS, COLUMNS = 12, 4
PLACES, DRAWS = 8, 2000


def draw(shuffle_together: Any) -> list[Any]:
    """One shuffle, then many of eight rows, then many of three."""
    key, *keys = jax.random.split(jax.random.key(7), 3)
    number = np.arange(ROWS)
    rows, labels = shuffle_together(
        key,
        jnp.asarray(number[:, None] + 4 * np.arange(COLUMNS), jnp.float32),
        jnp.asarray(number, jnp.int32),
    )

    def orders(key: Any, n: int) -> Any:
        many: Any = jax.vmap(lambda key: shuffle_together(key, jnp.ones((n, 1)), jnp.arange(n))[1])
        return np.asarray(many(jax.random.split(key, DRAWS)))

    of_eight, of_three = orders(keys[0], PLACES), orders(keys[1], 3)
    goes = np.stack([(of_eight == row).mean(axis=0) for row in range(PLACES)])
    six = list(itertools.permutations(range(3)))
    counts = [(of_three == order).all(axis=1).sum() for order in six]
    return [
        image("rows of x after a shuffle", rows, low=0, high=ROWS + 4 * COLUMNS),
        image("their labels", np.asarray(labels)[:, None], low=0, high=ROWS + 4 * COLUMNS),
        image(f"how often each of {PLACES} rows goes where", goes, scale="heat", low=0, high=2 / PLACES),
        chart(
            "how often each order of three comes",
            bars(np.arange(6), counts, "how often"),
            line([-0.5, 5.5], [DRAWS / 6, DRAWS / 6], "by the law", given=True),
            across="order",
            up="how often",
        ),
    ]


SCENE = Scene(
    "Numbered rows after one shuffle, beside their labels, which have the shade of the first column; and over many shuffles, how "
    "often a row goes to each place, and how often each order comes.",
    draw,
    by_chance=True,
    shows=[
        "two_keys",
        "shuffles_the_columns",
        "rolls",
        "swaps_with_any",
        "never_leaves_anything_in_place",
        "within_halves",
    ],
)
