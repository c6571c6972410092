"""Ten walks inside ±2√t, how far walks spread, where they end, and five walks of thousands of steps.

Walks that share their steps lie on each other, mirror each other or run straight; steps that are no ±1 leave the band or fill
ends that cannot be reached, every other number. Only long walks show a slight slope, and sums in numbers of too few bits.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from grader.scenes import Scene, band, bars, chart, line

WALKS, STEPS = 10, 60
MANY, FEW = 2000, 20
LONG, SHOWN = 16384, 64


def draw(random_walks: Any) -> list[Any]:
    """Three draws: a few walks, many short ones, and long ones."""
    few_key, many_key, long_key = jax.random.split(jax.random.key(7), 3)
    walks = np.asarray(random_walks(few_key, WALKS, STEPS))
    many = np.asarray(random_walks(many_key, MANY, FEW))
    long = np.asarray(random_walks(long_key, 5, LONG))
    time = np.arange(1, STEPS + 1)
    late = np.linspace(0, LONG - 1, SHOWN).astype(int)
    ends = np.arange(-FEW, FEW + 1)
    counts = [(many[:, -1] == end).sum() for end in ends]
    law = [MANY * math.comb(FEW, (end + FEW) // 2) / 2**FEW if (end + FEW) % 2 == 0 else 0 for end in ends]
    axes: dict[str, Any] = {"across": "step", "up": "position"}

    def spread(places: Any) -> Any:
        return band(
            places, -2 * np.sqrt(places), 2 * np.sqrt(places), "twice the root of the step", given=True
        )

    return [
        chart(f"{WALKS} walks", spread(time), *(line(time, walk) for walk in walks[:WALKS]), **axes),
        chart(
            f"where {MANY} walks of {FEW} steps end",
            bars(ends, counts, "how often"),
            line(ends[::2], law[::2], "by the law, at even numbers", given=True),
            across="position",
            up="how often",
        ),
        chart(
            f"five walks of {LONG} steps",
            spread(late + 1),
            *(line(late + 1, walk[late]) for walk in long[:5]),
            **axes,
        ),
    ]


SCENE = Scene(
    "Ten walks beside twice the root of the step, which most stay within; where many walks end, at even numbers alone; and five "
    "long walks.",
    draw,
    by_chance=True,
    shows=[
        "steps_of_zero_and_one",
        "rests_now_and_then",
        "starts_with_the_origin",
        "one_key_for_all_walks",
        "mirrored_pairs",
        "same_key_in_the_scan",
        "bytes",
        "a_little_uphill",
    ],
)
