"""Plausible mistakes in ray_march; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# ray_march


@caught_by("correct", "by_hand")
def ray_march__all_points_at_once(origins, directions, distance, n_steps):
    """Hands all points to a function that takes one."""
    t = jnp.zeros(len(origins))
    for _ in range(n_steps):
        t = t + distance(origins + t[:, None] * directions)
    return jnp.where(jnp.abs(distance(origins + t[:, None] * directions)) <= 1e-3, t, jnp.inf)


@caught_by("correct", "by_hand")
def ray_march__forgets_where_it_was(origins, directions, distance, n_steps):
    """Replaces t instead of adding to it."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "misses")
def ray_march__never_misses(origins, directions, distance, n_steps):
    """Returns t whatever has become of the ray."""

    def march(o, d):
        return lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "misses")
def ray_march__all_or_none(origins, directions, distance, n_steps):
    """Lets one lost ray decide for all."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return t, jnp.abs(distance(o + t * d)) <= 1e-3

    t, hit = jax.vmap(march)(origins, directions)
    return jnp.where(hit.all(), t, jnp.inf)


@caught_by("correct", "by_hand")
def ray_march__half_steps(origins, directions, distance, n_steps):
    """Goes half as far as it safely may."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d) / 2, jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "counts_its_steps")
def ray_march__asks_before_the_last_step(origins, directions, distance, n_steps):
    """Judges by the distance that the last step began with."""

    def march(o, d):
        def step(_, carry):
            t, _ = carry
            here = distance(o + t * d)
            return t + here, here

        t, last = lax.fori_loop(0, n_steps, step, (jnp.zeros(()), jnp.array(jnp.inf)))
        return jnp.where(jnp.abs(last) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("correct", "counts_its_steps")
def ray_march__one_step_more(origins, directions, distance, n_steps):
    """Takes the first step twice."""

    def march(o, d):
        t = distance(o)
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), t)
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(march)(origins, directions)


@caught_by("jit", "compiles_once")
def ray_march__python_while(origins, directions, distance, n_steps):
    """Marches until it is near, with Python's while."""
    out = []
    for i in range(len(origins)):
        t, steps = jnp.zeros(()), 0
        while abs(distance(origins[i] + t * directions[i])) > 1e-3 and steps < n_steps:
            t, steps = t + distance(origins[i] + t * directions[i]), steps + 1
        near = abs(distance(origins[i] + t * directions[i])) <= 1e-3
        out.append(t if near else jnp.array(jnp.inf))
    return jnp.stack(out)


@caught_by("correct", "survives_endless_flight")
def ray_march__asks_who_missed(origins, directions, distance, n_steps):
    """Asks whether a ray has missed: with nan the answer is no."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) > 1e-3, jnp.inf, t)

    return jax.vmap(march)(origins, directions)


@caught_by("jit", "takes_all_rays_at_once")
def ray_march__lax_map(origins, directions, distance, n_steps):
    """Marches ray after ray, compiled."""

    def march(ray):
        o, d = ray
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return lax.map(march, (origins, directions))


@caught_by("speed", "beats_the_loop")
def ray_march__double_loop(origins, directions, distance, n_steps):
    """Marches ray after ray, and step after step."""
    out = []
    for o, d in zip(origins, directions, strict=True):
        t = jnp.zeros(())
        for _ in range(n_steps):
            t = t + distance(o + t * d)
        out.append(jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf))
    return jnp.stack(out)


@caught_by("jit", "takes_all_rays_at_once")
def ray_march__loop(origins, directions, distance, n_steps):
    """Marches ray after ray, with compiled steps."""
    out = []
    for i in range(len(origins)):
        o, d = origins[i], directions[i]
        t = lax.fori_loop(0, n_steps, lambda _, t, o=o, d=d: t + distance(o + t * d), jnp.zeros(()))
        out.append(jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf))
    return jnp.stack(out)


@caught_by("correct", "comes_back_out")
def ray_march__any_depth_is_a_hit(origins, directions, distance, n_steps):
    """Forgets that distances are signed when it asks for hits."""

    def one(o, d):
        t = jax.lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), 0.0)
        return jnp.where(distance(o + t * d) <= 1e-3, t, jnp.inf)

    return jax.vmap(one)(origins, directions)


@caught_by("correct", "comes_back_out")
def ray_march__absolute_steps(origins, directions, distance, n_steps):
    """Goes on inside a body, deeper and deeper."""

    def one(o, d):
        t = jax.lax.fori_loop(0, n_steps, lambda _, t: t + jnp.abs(distance(o + t * d)), 0.0)
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(one)(origins, directions)


@caught_by("correct", "by_hand")
def ray_march__far_plane(origins, directions, distance, n_steps):
    """Takes what lies farther than 100 for missed."""

    def one(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where((jnp.abs(distance(o + t * d)) <= 1e-3) & (t < 100), t, jnp.inf)

    return jax.vmap(one)(origins, directions)


@caught_by("correct", "counts_its_steps")
def ray_march__within_twice_as_much(origins, directions, distance, n_steps):
    """Takes 2e-3 for near enough."""

    def one(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 2e-3, t, jnp.inf)

    return jax.vmap(one)(origins, directions)


@caught_by("deeper", "takes_any_number_of_steps")
def ray_march__at_most_64_steps(origins, directions, distance, n_steps):
    """Takes 64 steps for enough."""

    def one(o, d):
        t = lax.fori_loop(0, min(n_steps, 64), lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return jax.vmap(one)(origins, directions)


@caught_by("jit", "takes_all_rays_at_once")
def ray_march__map_in_one_batch(origins, directions, distance, n_steps):
    """Walks the rays in a loop of one round."""

    def march(ray):
        o, d = ray
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3, t, jnp.inf)

    return lax.map(march, (origins, directions), batch_size=len(origins))


@caught_by("deeper", "draws_the_line")
def ray_march__generous(origins, directions, distance, n_steps):
    """Adds some room for rounding to the distance that counts as a hit."""

    def march(o, d):
        t = lax.fori_loop(0, n_steps, lambda _, t: t + distance(o + t * d), jnp.zeros(()))
        return jnp.where(jnp.abs(distance(o + t * d)) <= 1e-3 + 3e-5, t, jnp.inf)

    return jax.vmap(march)(origins, directions)
