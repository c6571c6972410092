"""Other honest ways to write ray_march; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# ray_march


def ray_march__distances_lifted(origins, directions, distance, n_steps):
    """Lifts the distance only and moves all rays in step."""
    distances = jax.vmap(distance)
    t = jnp.zeros(len(origins))
    for _ in range(n_steps):
        t = t + distances(origins + t[:, None] * directions)
    hit = jnp.abs(distances(origins + t[:, None] * directions)) <= 1e-3
    return jnp.where(hit, t, jnp.inf)


def ray_march__scan(origins, directions, distance, n_steps):
    """Scans over steps and carries the points along."""

    def march(origin, direction):
        def step(carry, _):
            t, here = carry
            t = t + here
            return (t, distance(origin + t * direction)), None

        (t, here), _ = lax.scan(step, (jnp.zeros(()), distance(origin)), length=n_steps)
        return jnp.where((here <= 1e-3) & (here >= -1e-3), t, jnp.inf)

    return jax.vmap(march)(origins, directions)


def ray_march__stops_early(origins, directions, distance, n_steps):
    """Stays where it has hit."""

    def march(origin, direction):
        def step(_, t):
            here = distance(origin + t * direction)
            return jnp.where(jnp.abs(here) <= 1e-3, t, t + here)

        t = lax.fori_loop(0, n_steps, step, 0.0)
        return jnp.where(jnp.abs(distance(origin + t * direction)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@partial(jax.jit, static_argnames=("distance", "n_steps"))
def ray_march__while(origins, directions, distance, n_steps):
    """Marches until it is near, with a while loop; compiled by the learner."""

    def march(origin, direction):
        def far(state):
            steps, _, here = state
            return (steps < n_steps) & (jnp.abs(here) > 1e-3)

        def step(state):
            steps, t, here = state
            t = t + here
            return steps + 1, t, distance(origin + t * direction)

        _, t, here = lax.while_loop(far, step, (0, jnp.zeros(()), distance(origin)))
        return jnp.where(jnp.abs(here) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


def ray_march__carries_a_batch(origins, directions, distance, n_steps):
    """One loop over steps that moves all rays, with the lifted distance inside."""
    far = jax.vmap(lambda o, d, t: distance(o + t * d))

    def step(t, _):
        return t + far(origins, directions, t), None

    t, _ = lax.scan(step, jnp.zeros(origins.shape[0]), None, length=n_steps)
    return jnp.where(jnp.less_equal(jnp.abs(far(origins, directions, t)), 1e-3), t, jnp.inf)


def ray_march__select(origins, directions, distance, n_steps):
    """A march of one ray that carries a flag; misses are filled in at the end."""

    def march(ray):
        origin, direction = ray

        def body(_, state):
            t, done = state
            gap = distance(origin + t * direction)
            done = done | (jnp.abs(gap) <= 1e-3)
            return jnp.where(done, t, t + gap), done

        t, done = lax.fori_loop(0, n_steps, body, (jnp.float32(0), jnp.bool_(False)))
        done = done | (jnp.abs(distance(origin + t * direction)) <= 1e-3)
        return lax.select(done, t, jnp.full_like(t, jnp.inf))

    return jax.vmap(march)((origins, directions))
