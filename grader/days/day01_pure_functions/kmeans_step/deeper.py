"""The deeper look at kmeans_step."""

from __future__ import annotations

import jax.numpy as jnp

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
    # Small whole numbers: distances are exact, and so are ties.
    points = draw.integers((n, d), -12, 12).astype(jnp.float32)
    centres = draw.integers((k, d), -12, 12).astype(jnp.float32)
    learner.kmeans_step.jit()(points, centres).close_to(kmeans_oracle(points, centres))
