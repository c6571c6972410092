"""Noise of four steps, two steps against each other, two keys against each other, and how often which numbers come.

Noise that is the same for all steps repeats, and so do rows that are copies; clouds of independent numbers are round, and lie
on a line, or aslant, where they share something. The logarithm of the counts shows the tails, which clipping or adding
uniforms cuts.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from grader.scenes import Scene, chart, image, line, points, steps

POINTS = 250
MANY = 100_000


def draw(noise_at: Any) -> list[Any]:
    """Step 1 of one key against step 0 of the next is where a step that is added to a seed shows."""
    key = jax.random.key(7)
    four = np.concatenate([np.asarray(noise_at(key, step, (6, 36))) for step in range(4)])
    one, two = noise_at(key, 3, (POINTS,)), noise_at(key, 4, (POINTS,))
    other = noise_at(jax.random.key(8), 3, (POINTS,))
    counts, edges = np.histogram(np.asarray(noise_at(key, 5, (MANY,))), bins=60, range=(-6, 6))
    middles = (edges[:-1] + edges[1:]) / 2
    law = MANY * (edges[1] - edges[0]) * np.exp(-(middles**2) / 2) / np.sqrt(2 * np.pi)
    common = law > 0.3
    return [
        image("steps 0 to 3, six rows each", four, scale="signed", high=3, low=-3),
        chart("two steps of one key", points(one, two), across="step 3", up="step 4", equal=True),
        chart(
            "two steps of two keys",
            points(two, other),
            across="step 4 of key 7",
            up="step 3 of key 8",
            equal=True,
        ),
        chart(
            f"{MANY} numbers",
            steps(edges[:-1][counts > 0], counts[counts > 0], "how often"),
            line(middles[common], law[common], "by the normal law", given=True),
            across="value",
            up="how often",
            log_up=True,
        ),
    ]


SCENE = Scene(
    "Noise of four steps in rows; the noise of two steps, and of two keys, against each other, which should have nothing in "
    "common; and how often which numbers come.",
    draw,
    by_chance=True,
    shows=[
        "ignores_the_step",
        "step_as_a_seed",
        "adds_the_step_to_the_seed",
        "uniform",
        "grows_with_time",
        "shares_a_base",
        "one_row_for_all",
        "clipped",
        "four_uniforms",
    ],
)
