"""Deeper checks of ray_march."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.ray_march.checks import RAY_ATOL, ball, ball_oracle, floor, rays, unit_sphere
from grader.toolkit import Array, Draw, Learner, Numbers, check


def floor_oracle(heights: Any, slope: float, n_steps: int) -> tuple[Array, Array]:
    """The t of each ray that falls by `slope` for each unit of its way, and what is left of its height; see `floor`."""
    t = np.zeros(len(heights))
    for _ in range(n_steps):
        t = t + (heights - slope * t)
    return t, np.abs(heights - slope * t)


@check(
    "ray_march",
    "deeper",
    hint="Steps add up the distances, from above and from below; what is within 1e-3 at the end has hit.",
)
def test_ray_march_in_many_cases(learner: Learner, draw: Draw) -> None:
    n_steps, slope = draw.one_of(4, 1, 9), draw.one_of(0.8, 0.6, 1.0)
    heights = np.asarray(draw.floats((3,), magnitudes=(1e-2, 1e2)), np.float64)
    _, left = floor_oracle(heights, slope, n_steps)
    # Where rounding decides, nothing is asked: such a ray starts from the floor itself.
    heights = np.where(np.abs(left - 1e-3) < 1e-4 + 1e-6 * np.abs(heights), 0.0, heights)
    _, left = floor_oracle(heights, slope, n_steps)
    along = np.sqrt(1 - slope**2)
    origins = jnp.asarray(np.stack([0 * heights, 0 * heights, heights], axis=1), jnp.float32)
    directions = jnp.asarray(np.tile([along, 0.0, -slope], (3, 1)), jnp.float32)
    expected = np.where(left <= 1e-3, heights / slope, np.inf)
    learner.ray_march(origins, directions, floor, n_steps).close_to(expected, atol=RAY_ATOL / slope)


@check("ray_march", "deeper", hint="As many steps as are asked for, none and many.")
def test_ray_march_takes_any_number_of_steps(learner: Learner) -> None:
    origins = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, -3.0]])
    directions = jnp.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    learner.ray_march(origins, directions, unit_sphere, 0).close_to([0.0, np.inf], atol=RAY_ATOL)
    # Each step leaves nine tenths: 1e5 needs 175 steps.
    origins = jnp.array([[0.0, 0.0, 1e4], [0.0, 0.0, 1.0]])
    directions = jnp.asarray(np.array([[np.sqrt(0.99), 0.0, -0.1]] * 2), jnp.float32)
    handle = learner.ray_march.jit(static_argnames=("distance", "n_steps"))
    handle(origins, directions, floor, 60).close_to([np.inf, np.inf], atol=RAY_ATOL)
    # Ten times as far along the ray as down; heights of 1e4 are rounded to 1e-3.
    handle(origins[1:].repeat(2, axis=0), directions, floor, 90).close_to([10.0, 10.0], atol=10 * RAY_ATOL)


@check("ray_march", "deeper", hint="Each ray has an end of its own, however many there are.")
def test_ray_march_of_many_rays(learner: Learner, numbers: Numbers) -> None:
    origins, directions = rays(numbers, 400)
    handle = learner.ray_march.jit(static_argnames=("distance", "n_steps"))
    handle(origins, directions, ball, 24).close_to(ball_oracle(origins, directions), atol=RAY_ATOL)
