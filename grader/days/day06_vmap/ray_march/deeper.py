"""Deeper checks of ray_march."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.ray_march.checks import RAY_ATOL, ball, ball_oracle, floor, rays, unit_sphere
from grader.toolkit import Array, Draw, Learner, Numbers, check


def left_of(heights: Array, slope: float, n_steps: int) -> Array:
    """What is left of the heights after none of the steps, one, and so on: a ray falls by `slope` for each unit of its way."""
    t, left = np.zeros(len(heights)), [np.abs(heights)]
    for _ in range(n_steps):
        t = t + (heights - slope * t)
        left.append(np.abs(heights - slope * t))
    return np.stack(left)


@check(
    "ray_march",
    "deeper",
    hint="Steps add up the distances, from above and from below; what is within 1e-3 at the end has hit.",
)
def test_ray_march_in_many_cases(learner: Learner, draw: Draw) -> None:
    n_steps, slope = draw.one_of(4, 1, 9), draw.one_of(0.8, 0.6, 1.0)
    heights = np.asarray(draw.floats((3,), magnitudes=(1e-2, 1e2)), np.float64)
    left = left_of(heights, slope, n_steps)
    # Where rounding decides, at the end or where a ray may stop, nothing is asked: it starts from the floor itself.
    close = np.abs(left - 1e-3) < 1e-4 + 1e-6 * np.abs(heights)
    heights = np.where(close.any(axis=0), 0.0, heights)
    left = left_of(heights, slope, n_steps)[-1]
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
    # Each step leaves nine tenths: 0.0018 after sixty, 0.00008 after ninety.
    origins = jnp.array([[0.0, 0.0, 1e4], [0.0, 0.0, 1.0]])
    directions = jnp.asarray(np.array([[np.sqrt(0.99), 0.0, -0.1]] * 2), jnp.float32)
    handle = learner.ray_march.jit(static_argnames=("distance", "n_steps"))
    handle(origins, directions, floor, 60).close_to([np.inf, np.inf], atol=RAY_ATOL)
    handle(origins, directions, floor, 90).close_to([np.inf, 10.0], atol=10 * RAY_ATOL)


@check("ray_march", "deeper", hint="Each ray has an end of its own, however many there are.")
def test_ray_march_of_many_rays(learner: Learner, numbers: Numbers) -> None:
    origins, directions = rays(numbers, 400)
    handle = learner.ray_march.jit(static_argnames=("distance", "n_steps"))
    handle(origins, directions, ball, 24).close_to(ball_oracle(origins, directions), atol=RAY_ATOL)


@check(
    "ray_march",
    "deeper",
    hint="A ray has hit if it is within 1e-3 of a surface at its end: no more, no less.",
)
def test_ray_march_draws_the_line(learner: Learner) -> None:
    origins = jnp.array([[0.0, 0.0, 0.00101], [0.0, 0.0, 0.00099], [0.0, 0.0, -0.00101]])
    directions = jnp.array([[1.0, 0.0, 0.0]] * 3)
    learner.ray_march(origins, directions, floor, 0).close_to([np.inf, 0.0, np.inf], atol=RAY_ATOL)
