"""Ones dropped with two keys, how much is dropped and what the mean is at rates from 0 to 1, and how the number of zeros varies.

Elements that share their fate draw stripes or one even field; a key that is not used draws the same field twice; a rate taken
for its opposite and a scale that is missing lead away from the lines that the law draws, and a rate of 1 shows what is
divided by 0.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, image, line, points

RATE = 0.3
CELLS = 40  # whose zeros are counted


def draw(dropout: Any) -> list[Any]:
    """All on ones, so that what is kept tells how it was scaled."""
    keys = jax.random.split(jax.random.key(7), 302)
    ones = jnp.ones((16, 32))
    fields = [np.asarray(dropout(key, ones, RATE)) for key in keys[:2]]
    rates = np.linspace(0, 1, 11)
    by_rate = np.stack([np.asarray(dropout(keys[0], ones, jnp.float32(rate))) for rate in rates])
    many = np.asarray(jax.vmap(lambda key: dropout(key, jnp.ones(CELLS), RATE))(keys[2:]))
    counts = np.bincount(np.count_nonzero(many == 0, axis=1), minlength=CELLS + 1)[:CELLS]
    number = np.arange(CELLS)
    law = [math.comb(CELLS, k) * RATE**k * (1 - RATE) ** (CELLS - k) * len(many) for k in range(CELLS)]
    return [
        image(f"ones, at a rate of {RATE:g}", fields[0], scale="heat", low=0, high=2),
        image("the same, with another key", fields[1], scale="heat", low=0, high=2),
        chart(
            "at rates from 0 to 1",
            line(rates[:-1], np.ones(10), "the mean by the law, below 1", given=True),
            line(rates, rates, "the share of zeros by the law", given=True),
            points(rates, by_rate.mean(axis=(1, 2)), "mean"),
            points(rates, np.mean(by_rate == 0, axis=(1, 2)), "share of zeros"),
            across="rate",
            up="mean, and share",
        ),
        chart(
            f"zeros among {CELLS} ones, with {len(many)} keys",
            bars(number, counts, "how often"),
            line(number, law, "by the law", given=True),
            across="zeros",
            up="how often",
        ),
    ]


SCENE = Scene(
    "Ones after dropout with two keys; their mean and the share of zeros by the rate; and how often there are how many zeros.",
    draw,
    by_chance=True,
    shows=[
        "without_rescaling",
        "divides_by_the_rate",
        "keeps_at_the_rate",
        "one_mask_for_all_rows",
        "all_or_nothing",
        "drops_an_exact_share",
        "multiplies_by_the_mask",
        "with_a_key_of_its_own",
        "mask_by_value",
    ],
)
