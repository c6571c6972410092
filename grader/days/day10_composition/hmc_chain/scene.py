"""A chain of samples on a ring, beside where the density lies.

The steps are long, so that energies change and every tenth proposal or so must be refused: without that the ring grows
wide, and with half an energy it grows narrow. Momenta that are not drawn anew leave the chain on one orbit.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, bars, chart, line, points

SAMPLES, RADIUS, WIDTH = 450, 2.0, 0.35


def ring(x: Any) -> Any:
    """Logarithm of the density, up to a constant."""
    return -((jnp.sqrt(jnp.sum(x**2) + 1e-6) - RADIUS) ** 2) / (2 * WIDTH**2)


def draw(hmc_chain: Any) -> list[Any]:
    """The samples in the plane, their distances from the middle, and the first of them in order."""
    start = jnp.asarray([RADIUS, 0.0])
    samples = np.asarray(hmc_chain(ring, start, jax.random.key(7), SAMPLES, 0.45, 5))
    around = np.linspace(0, 2 * np.pi, 61)
    distances = np.sqrt((samples.reshape(len(samples), -1) ** 2).sum(axis=1))
    edges = np.linspace(0, 4, 25)
    middles = (edges[:-1] + edges[1:]) / 2
    counted = np.histogram(distances[np.isfinite(distances)], edges)[0]
    law = middles * np.exp(-((middles - RADIUS) ** 2) / (2 * WIDTH**2))
    return [
        chart(
            "the samples",
            *(
                line(radius * np.cos(around), radius * np.sin(around), label, given=True)
                for radius, label in (
                    (RADIUS, "where the density is highest"),
                    (RADIUS - 2 * WIDTH, "two deviations inside"),
                    (RADIUS + 2 * WIDTH, "two deviations outside"),
                )
            ),
            points(samples[:, 0], samples[:, 1], "samples"),
            across="first number",
            up="second number",
            equal=True,
        ),
        chart(
            "distance from the middle",
            bars(middles, counted, "samples"),
            line(middles, law / law.sum() * SAMPLES, "the law", given=True),
            across="distance",
            up="samples",
        ),
        chart(
            "the first 80 samples in order",
            line(np.arange(1, 81), samples[:80, 0], "first number"),
            across="sample",
            up="first number",
        ),
    ]


SCENE = Scene(
    "Samples on a ring: they should fill it all around, lie as far from the middle as the law says, and wander without "
    "a pattern, staying where they are now and then.",
    draw,
    by_chance=True,
    shows=[
        "no_accept_step",
        "downhill",
        "momentum_never_refreshed",
        "kinetic_energy_forgotten",
        "energies_swapped",
        "euler",
    ],
)
