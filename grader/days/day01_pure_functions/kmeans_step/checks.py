"""Checks of kmeans_step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day01_pure_functions.shared import distances_oracle, goes_round
from grader.toolkit import Array, Learner, Numbers, agrees_once, check, must_beat, wide


def kmeans_oracle(points: Any, centres: Any) -> tuple[Array, Array]:
    points, moved = wide(points), wide(centres).copy()
    labels = distances_oracle(points, centres).argmin(axis=1)
    for j in range(len(moved)):
        if (labels == j).any():
            moved[j] = points[labels == j].mean(axis=0)
    return moved, labels


def kmeans_loops(points: Any, centres: Any) -> Any:
    n, k = len(points), len(centres)
    labels = []
    for i in range(n):
        squared = [float(jnp.sum((points[i] - centres[j]) ** 2)) for j in range(k)]
        labels.append(squared.index(min(squared)))
    moved = []
    for j in range(k):
        total, count = jnp.zeros_like(centres[j]), 0
        for i in range(n):
            if labels[i] == j:
                total, count = total + points[i], count + 1
        moved.append(total / count if count else centres[j])
    return jnp.stack(moved), jnp.array(labels)


def clear_clusters(numbers: Numbers, n: int) -> tuple[jax.Array, jax.Array]:
    """Points and centres without near-ties: rounding decides no label. The last centre gets no point."""
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [500.0, 500.0]])
    centres = corners + np.asarray(numbers.normal((4, 2), scale=0.3))
    pool = np.asarray(numbers.normal((20 * n, 2), scale=3.0))
    first, second = np.sort(distances_oracle(centres, pool), axis=0)[:2]
    clear = pool[second - first > 0.1]
    return jnp.asarray(clear[:n], jnp.float32), jnp.asarray(centres, jnp.float32)


@check(
    "kmeans_step",
    "correct",
    hint="Label each point with its nearest centre, then move each centre to the mean of its own points: "
    "their sum, divided by their number.",
)
def test_kmeans_step_by_hand(learner: Learner) -> None:
    points, centres = jnp.array([[0.0], [1.0], [9.0]]), jnp.array([[0.0], [10.0]])
    learner.kmeans_step(points, centres).close_to(([[0.5], [9.0]], [0, 0, 1]))


@check(
    "kmeans_step",
    "correct",
    hint="|c|² - 2 p·c is a small difference of huge numbers here, and 32 bits do not hold it. Take differences first, and "
    "squares afterwards.",
)
def test_kmeans_step_labels_far_from_the_origin(learner: Learner) -> None:
    points, centres = jnp.array([[10001.5], [10003.0], [9998.0]]), jnp.array([[9999.0], [10002.0]])
    learner.kmeans_step(points, centres).close_to(([[9998.0], [10002.25]], [1, 1, 0]))


@check(
    "kmeans_step",
    "correct",
    hint="|p - c|² adds up the squares of the differences. By their absolute values another centre may be the nearest.",
)
def test_kmeans_step_squares_the_differences(learner: Learner) -> None:
    # From [0, 3] it is 3 and 3.5 by absolute values, and 9 and 7.25 by squares.
    points, centres = jnp.array([[0.0, 3.0], [0.0, 0.0]]), jnp.array([[0.0, 0.0], [2.5, 2.0]])
    learner.kmeans_step(points, centres).close_to(([[0.0, 0.0], [0.0, 3.0]], [1, 0]))


@check(
    "kmeans_step",
    "correct",
    hint="A cluster without points has no mean. Where the count is 0, choose the old centre with jnp.where.",
)
def test_kmeans_step_keeps_the_centre_of_an_empty_cluster(learner: Learner) -> None:
    points, centres = jnp.array([[0.0], [2.0], [7.0]]), jnp.array([[5.0], [99.0]])
    learner.kmeans_step(points, centres).close_to(([[3.0], [99.0]], [0, 0, 0]))
    # The empty one stands in the first place here.
    learner.kmeans_step(points, jnp.array([[-99.0], [4.0]])).close_to(([[-99.0], [3.0]], [1, 1, 1]))


@check(
    "kmeans_step",
    "correct",
    hint="Return the labels that the means were made from: nearest to the centres that came in, not to the"
    " moved ones.",
)
def test_kmeans_step_labels_by_the_old_centres(learner: Learner) -> None:
    points, centres = jnp.array([[-6.0], [2.0], [4.0]]), jnp.array([[0.0], [5.0]])
    learner.kmeans_step(points, centres).close_to(([[-2.0], [4.0]], [0, 0, 1]))


@check(
    "kmeans_step",
    "correct",
    hint="The point 1 is equally near to 0 and 2. It goes to the first, and to no other; jnp.argmin takes "
    "the first.",
)
def test_kmeans_step_breaks_ties_by_the_first_centre(learner: Learner) -> None:
    points, centres = jnp.array([[1.0], [3.0], [0.0]]), jnp.array([[0.0], [2.0]])
    learner.kmeans_step(points, centres).close_to(([[0.5], [3.0]], [0, 1, 0]))


@check(
    "kmeans_step",
    "correct",
    hint="Every feature counts in the distance, and every centre moves in all its coordinates.",
)
def test_kmeans_step_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    points, centres = clear_clusters(numbers, 33)
    learner.kmeans_step(points, centres).close_to(kmeans_oracle(points, centres))


@check(
    "kmeans_step",
    "jit",
    hint="Do not cut clusters out: their sizes depend on data. An (n, k) table of who belongs where keeps "
    "its shape.",
)
def test_kmeans_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.kmeans_step.jit()
    calls = [clear_clusters(numbers, 33) for _ in range(2)]
    results = agrees_once(compiled, calls, kmeans_oracle)
    goes_round(compiled, calls[0][0], results[0].value[0])


@check(
    "kmeans_step",
    "speed",
    hint="Two loops hide here: points against centres is one broadcast subtraction, and the means are sums"
    " over an (n, k) table of members.",
)
def test_kmeans_step_beats_python_loops(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.kmeans_step.jit(),
        kmeans_loops,
        named="Python loops over points and centres",
        draw=lambda size: clear_clusters(numbers, size),
        size=48,
        gate=40,
        numbers=numbers,
    )
