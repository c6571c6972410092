"""The deeper look at kmeans_step."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day01_pure_functions.kmeans_step.checks import kmeans_oracle
from grader.toolkit import Draw, Learner, check


@check(
    "kmeans_step",
    "deeper",
    hint="Nearest centre by the squared distance over all features, the first of equals; each centre to the mean of its own "
    "points, and an empty one stays.",
)
def test_kmeans_step_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, k, d = draw.one_of((4, 2, 1), (1, 1, 1), (3, 3, 3), (2, 5, 1), (17, 4, 2))
    # Small whole numbers, in any units: distances are exact, and so are ties.
    unit = draw.one_of(1.0, 2.0**-24, 2.0**10)
    points = unit * draw.integers((n, d), -12, 12).astype(jnp.float32)
    centres = unit * draw.integers((k, d), -12, 12).astype(jnp.float32)
    learner.kmeans_step.jit()(points, centres).close_to(kmeans_oracle(points, centres), atol=1e-6 * unit)


@check(
    "kmeans_step",
    "deeper",
    hint="A label may be any number below k: int32 holds it, float16 counts no further than 2048.",
    patience=4,  # a loop over the centres is allowed, and takes long to compile
)
def test_kmeans_step_tells_thousands_of_centres(learner: Learner) -> None:
    centres = jnp.asarray(np.arange(2052)[:, None], jnp.float32)
    points = jnp.array([[2051.0], [2049.25], [2050.25], [-3.0]])
    learner.kmeans_step(points, centres).close_to(kmeans_oracle(points, centres))


@check(
    "kmeans_step", "deeper", hint="A cluster may have any number of points: count them in int32 or float32."
)
def test_kmeans_step_counts_hundreds_of_points(learner: Learner) -> None:
    # 256 and 512 of them are 0 to a byte.
    points = jnp.asarray(np.r_[np.arange(256) / 256, 50 + np.arange(512) / 256][:, None], jnp.float32)
    centres = jnp.array([[0.0], [40.0]])
    learner.kmeans_step(points, centres).close_to(kmeans_oracle(points, centres))
