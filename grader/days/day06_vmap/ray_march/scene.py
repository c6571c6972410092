"""Two pictures that rays make: balls on the ground with a moon far away, and a slice through bodies, with rays from everywhere.

In the first one each ray has a few steps, so that edges and the far ground have not been reached: a step more or less, half
steps or another distance that counts as a hit move that fringe, a far plane takes the moon away. In the slice all rays go to
the right, those inside a ball are led back out, and those in the long bar do not get out of it in time. Rays that meet nothing
fly on until their numbers overflow.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.scenes import Scene, image

BALLS = np.array([[-0.9, 0.0, 4.0], [1.1, -0.2, 5.0]])
RADII = np.array([1.0, 0.8])
MOON = np.array([40.0, 45.0, 160.0])


def _landscape(point: Any) -> Any:
    balls = jnp.min(jnp.linalg.norm(point - BALLS, axis=-1) - RADII)
    moon = jnp.linalg.norm(point - MOON) - 22
    return jnp.minimum(jnp.minimum(balls, moon), point[1] + 1)


def _bodies(point: Any) -> Any:
    ball = jnp.linalg.norm(point - jnp.array([-0.6, 0.3, 0.0])) - 0.9
    other = jnp.linalg.norm(point - jnp.array([1.3, -0.5, 0.0])) - 0.6
    bar = jnp.maximum(jnp.abs(point[1] + 1.3) - 0.1, jnp.abs(point[0]) - 20)
    return jnp.minimum(jnp.minimum(ball, other), bar)


def draw(ray_march: Any) -> list[Any]:
    """30 by 40 rays from a camera, and as many from all over a plane."""
    across, up = np.meshgrid(np.linspace(-0.6, 0.6, 40), np.linspace(0.45, -0.4, 30))
    rays = np.stack([across, up, np.ones_like(across)], -1).reshape(-1, 3)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    seen = ray_march(jnp.zeros((len(rays), 3)), jnp.asarray(rays, jnp.float32), _landscape, 24)
    x, y = np.meshgrid(np.linspace(-2, 2.5, 40), np.linspace(1.6, -1.6, 30))
    origins = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    right = np.broadcast_to(np.array([1.0, 0.0, 0.0]), origins.shape)
    slices = ray_march(jnp.asarray(origins, jnp.float32), jnp.asarray(right, jnp.float32), _bodies, 150)
    with np.errstate(all="ignore"):
        depth = np.log10(np.asarray(seen))
    return [
        image("depth, by its logarithm", depth.reshape(30, 40), scale="grey"),
        image(
            "how far to the right a surface lies, from each place",
            np.asarray(slices).reshape(30, 40),
            scale="signed",
        ),
    ]


SCENE = Scene(
    "Balls on the ground and a moon as a camera sees them, after 24 steps; and a slice through bodies, with rays to the right.",
    draw,
    shows=[
        "half_steps",
        "never_misses",
        "all_or_none",
        "one_step_more",
        "asks_before_the_last_step",
        "any_depth_is_a_hit",
        "absolute_steps",
        "far_plane",
        "asks_who_missed",
    ],
)
