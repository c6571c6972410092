"""Checks of ray_march."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import GATE, takes_all_at_once
from grader.toolkit import (
    Array,
    Learner,
    Numbers,
    agrees_once,
    check,
    compiled_if_possible,
    must_beat,
    told_by,
    wide,
)

SPHERE_CENTRE, SPHERE_RADIUS = (1.0, 2.0, 3.0), 2.0

# A hit may stop within 1e-3 of the surface; rays that meet it at an angle have a little farther to go.
RAY_ATOL = 2e-3


def unit_sphere(point: Any) -> Any:
    return jnp.linalg.norm(point) - 1


def floor(point: Any) -> Any:
    """The plane z = 0."""
    return point[2]


def ball(point: Any) -> Any:
    return jnp.linalg.norm(point - jnp.array(SPHERE_CENTRE)) - SPHERE_RADIUS


def ball_oracle(origins: Any, directions: Any) -> Array:
    """Where rays meet the ball: the smaller root of a quadratic, inf where there is none ahead."""
    apart = wide(origins) - SPHERE_CENTRE
    half = np.sum(apart * wide(directions), axis=1)
    inside = half**2 - np.sum(apart**2, axis=1) + SPHERE_RADIUS**2
    return np.where((inside > 0) & (half < 0), -half - np.sqrt(np.maximum(inside, 0)), np.inf)


def rays(numbers: Numbers, count: int) -> tuple[jax.Array, jax.Array]:
    """Rays from 6 to 8 away. Every third looks the other way, the others straight enough into the ball."""
    outwards = wide(numbers.normal((count, 3)))
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    origins = SPHERE_CENTRE + outwards * wide(numbers.uniform(6.0, 8.0, (count, 1)))
    towards = SPHERE_CENTRE + wide(numbers.uniform(-0.5, 0.5, (count, 3))) - origins
    towards[::3] *= -1
    directions = towards / np.linalg.norm(towards, axis=1, keepdims=True)
    return jnp.asarray(origins, jnp.float32), jnp.asarray(directions, jnp.float32)


@check(
    "ray_march",
    "correct",
    hint="distance takes one point. March one ray, t = t + distance(origin + t * direction), and lift the march over the rays.",
)
def test_ray_march_by_hand(learner: Learner) -> None:
    # The second ray has a long way to go.
    origins = jnp.array([[0.0, 0.0, -3.0], [0.0, 40_000.0, 0.0]])
    directions = jnp.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    result = learner.ray_march(origins, directions, unit_sphere, 16)
    far = (
        "The second ray has a long way to go, and 16 steps are enough: is the whole distance added at each? A hit is a hit, "
        "however far: t has no limit, only the last distance decides."
    )
    told = told_by(result.value, {far: [2.0, np.inf]})
    result.close_to([2.0, 39_999.0], atol=RAY_ATOL, rtol=0.0, hint=told)


@check(
    "ray_march",
    "correct",
    hint="A ray has hit when it is within 1e-3 of a surface at the end. All others have missed, and are infinitely long.",
)
def test_ray_march_misses(learner: Learner) -> None:
    origins = jnp.array([[0.0, 0.0, -3.0], [0.0, 0.0, -3.0]])
    directions = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    result = learner.ray_march(origins, directions, unit_sphere, 16)
    all_or_none = "Has the lost ray decided for both? Each is judged by itself: jnp.where decides ray by ray, any and all do not."
    told = told_by(result.value, {all_or_none: [np.inf, np.inf]})
    result.close_to([np.inf, 2.0], atol=RAY_ATOL, hint=told)


@check(
    "ray_march",
    "correct",
    hint="A lost ray's t overflows, and inf * 0 is nan. No comparison with nan is True: ask for those that hit, not that miss.",
)
def test_ray_march_survives_endless_flight(learner: Learner) -> None:
    # So far out the square of a distance is almost too large for float32, and a lost ray doubles it.
    origins = jnp.array([[0.0, 0.0, -1e18], [0.0, 0.0, -3.0]])
    directions = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    learner.ray_march(origins, directions, unit_sphere, 16).close_to([np.inf, 2.0], atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="On smooth ground the march ends at the smaller root of the sphere's quadratic.",
)
def test_ray_march_hits_an_analytic_sphere(learner: Learner, numbers: Numbers) -> None:
    origins, directions = rays(numbers, 17)
    result = compiled_if_possible(
        learner.ray_march, origins, directions, ball, 16, static=("distance", "n_steps")
    )
    result.close_to(ball_oracle(origins, directions), atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="n_steps steps, and then ask for the distance once more, where the last one has led: within 1e-3 it is a hit. (To "
    "2e-3 results are compared, which is another matter.)",
)
def test_ray_march_counts_its_steps(learner: Learner) -> None:
    # Each step leaves a fifth of the height. After four steps 0.66 has left 0.00106, and 0.58 has left 0.00093; after
    # five the same is left of 3.3 and of 2.9.
    directions = jnp.array([[0.6, 0.0, -0.8]] * 2)
    for n_steps, heights, end in ((4, (0.66, 0.58), 0.725), (5, (3.3, 2.9), 3.625)):
        origins = jnp.array([[0.0, 0.0, height] for height in heights])
        learner.ray_march(origins, directions, floor, n_steps).close_to([np.inf, end], atol=RAY_ATOL)


@check(
    "ray_march",
    "correct",
    hint="Inside a body the distance is negative: step by it as it is, and take its size only to ask whether a ray has hit.",
)
def test_ray_march_comes_back_out(learner: Learner) -> None:
    # From a depth of 1 the ray goes back: 0.0016 is left after four steps, 0.00032 after five.
    origins, directions = jnp.array([[0.0, 0.0, -1.0], [0.0, 0.0, 5.0]]), jnp.array([[0.6, 0.0, -0.8]] * 2)
    learner.ray_march(origins, directions, floor, 4).close_to([np.inf, np.inf], atol=RAY_ATOL)
    learner.ray_march(origins, directions, floor, 5).close_to([-1.25, np.inf], atol=RAY_ATOL)


@check(
    "ray_march",
    "jit",
    hint="How near a ray is, is not known while JAX traces: choose with jnp.where at the end.",
)
def test_ray_march_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(*rays(numbers, 17), ball, 16) for _ in range(2)]
    agrees_once(
        learner.ray_march.jit(static_argnames=("distance", "n_steps")),
        calls,
        lambda origins, directions, *_: ball_oracle(origins, directions),
        atol=RAY_ATOL,
    )


@check("ray_march", "jit", hint="All rays may take a step together: the loop over steps is the only one.")
def test_ray_march_takes_all_rays_at_once(learner: Learner, numbers: Numbers) -> None:
    few, many = ((*rays(numbers, count), ball, 16) for count in (17, 34))
    takes_all_at_once(learner.ray_march.jit(static_argnames=("distance", "n_steps")), few, many)


def ray_loop(origins: jax.Array, directions: jax.Array, distance: Any, n_steps: int) -> Array:
    out = []
    for i in range(len(origins)):
        t = 0.0
        for _ in range(n_steps):
            t += float(distance(origins[i] + t * directions[i]))
        out.append(t if abs(float(distance(origins[i] + t * directions[i]))) <= 1e-3 else np.inf)
    return np.array(out)


@check(
    "ray_march", "speed", hint="March one ray with lax.fori_loop, and vmap that over origins and directions."
)
def test_ray_march_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.ray_march.jit(static_argnames=("distance", "n_steps")),
        ray_loop,
        named="a Python loop over rays and steps",
        draw=lambda size: (*rays(numbers, size), ball, 16),
        size=5,
        gate=GATE,
        numbers=numbers,
    )
