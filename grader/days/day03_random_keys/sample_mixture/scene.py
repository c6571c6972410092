"""Samples of three humps beside their density, once with ordinary log weights and once 20000 lower, and in the order they came.

The humps differ in weight and width, so that weights taken for their logarithms, variances for deviations and a blend of all
show in the bars; the low log weights, beside a fourth hump that is never drawn, empty the second chart or put a hump where
none should be. In the order in which they came samples mix: blocks are a quota, and a few levels are a noise that all share.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, points

WEIGHTS = np.array([0.55, 0.35, 0.1])
MEANS = np.array([-4.0, 1.0, 6.0])
STDS = np.array([0.3, 1.5, 0.6])
SAMPLES = 4000
FIRST = 240


def draw(sample_mixture: Any) -> list[Any]:
    """Two draws, with one density."""
    key, other = jax.random.split(jax.random.key(7))
    logs = np.log(WEIGHTS)
    plain = sample_mixture(key, *map(jnp.float32, (logs, MEANS, STDS)), SAMPLES)
    low = sample_mixture(
        other,
        *map(jnp.float32, (np.append(logs - 20000, -np.inf), np.append(MEANS, 10.0), np.append(STDS, 0.3))),
        SAMPLES,
    )
    edges = np.linspace(-8, 12, 61)
    middles, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    bells = np.exp(-(((middles[:, None] - MEANS) / STDS) ** 2) / 2) / (STDS * np.sqrt(2 * np.pi))
    law = SAMPLES * width * bells @ WEIGHTS
    panels: list[Any] = []
    for title, samples in (
        ("three humps", plain),
        ("log weights 20000 lower, and one of -inf at 10", low),
    ):
        counts, _ = np.histogram(np.asarray(samples), bins=edges)
        panels.append(
            chart(
                title,
                bars(middles, counts, "how often"),
                line(middles, law, "by the law", given=True),
                across="value",
                up="how often",
            )
        )
    panels.append(
        chart(
            f"every {SAMPLES // FIRST}th sample, in order",
            points(np.arange(FIRST) * (SAMPLES // FIRST), np.asarray(plain)[:: SAMPLES // FIRST]),
            across="place",
            up="value",
        )
    )
    return panels


SCENE = Scene(
    "Samples of a mixture beside its density, the same with log weights near -20000 and a component that is never drawn, and "
    "samples in the order in which they came.",
    draw,
    by_chance=True,
    shows=[
        "weights_as_logits",
        "exponentiates_unshifted",
        "stds_as_variances",
        "blends_the_components",
        "one_component_for_all",
        "fills_by_quota",
        "one_noise_for_all",
        "never_is_seldom",
    ],
)
