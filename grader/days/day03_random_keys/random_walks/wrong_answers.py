"""Plausible mistakes in random_walks; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax


@caught_by("jit", "has_no_python_loop_over_steps")
def random_walks__one_step_after_the_other(key, n_walks, n_steps):
    """Moves all walks at once, but walks through the steps in Python."""
    place, places = jnp.zeros(n_walks, int), []
    for step in range(n_steps):
        place = place + jnp.where(jax.random.bernoulli(jax.random.fold_in(key, step), 0.5, (n_walks,)), 1, -1)
        places.append(place)
    return jnp.stack(places, axis=1)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__steps_of_zero_and_one(key, n_walks, n_steps):
    """Sums coin tosses, so that no walk ever goes down."""
    return jnp.cumsum(jax.random.randint(key, (n_walks, n_steps), 0, 2), axis=1)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__rests_now_and_then(key, n_walks, n_steps):
    """Draws from -1 … 1, so that a third of the steps is 0."""
    return jnp.cumsum(jax.random.randint(key, (n_walks, n_steps), -1, 2), axis=1)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__sums_over_walks(key, n_walks, n_steps):
    """Sums along the wrong axis."""
    return jnp.cumsum(jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32), axis=0)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__starts_with_the_origin(key, n_walks, n_steps):
    """Puts the starting point into column 0 and loses the last step."""
    steps = jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32)
    return jnp.cumsum(steps, axis=1) - steps


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__one_long_walk_cut_up(key, n_walks, n_steps):
    """Lets each walk start where the last one ended."""
    steps = jax.random.rademacher(key, (n_walks * n_steps,), dtype=jnp.int32)
    return jnp.cumsum(steps).reshape(n_walks, n_steps)


@caught_by("correct", "steps_are_plus_or_minus_one")
def random_walks__in_floats(key, n_walks, n_steps):
    """Gives positions as floats."""
    return jnp.cumsum(jnp.sign(jax.random.uniform(key, (n_walks, n_steps)) - 0.5), axis=1)


@caught_by("correct", "walks_are_independent")
def random_walks__one_key_for_all_walks(key, n_walks, n_steps):
    """Closes over the key under vmap, so that all walks are the same."""

    def one(_):
        return jnp.cumsum(jax.random.rademacher(key, (n_steps,), dtype=jnp.int32))

    return jax.vmap(one)(jnp.arange(n_walks))


@caught_by("correct", "walks_are_independent")
def random_walks__mirrored_pairs(key, n_walks, n_steps):
    """Makes the second half of the walks mirror images of the first."""
    half = jax.random.rademacher(key, ((n_walks + 1) // 2, n_steps), dtype=jnp.int32)
    return jnp.cumsum(jnp.concatenate([half, -half])[:n_walks], axis=1)


@caught_by("correct", "walks_are_independent")
def random_walks__shifted_copies(key, n_walks, n_steps):
    """Rolls one row of steps further for each walk."""
    steps = jax.random.rademacher(key, (n_steps,), dtype=jnp.int32)
    rows = jax.vmap(lambda shift: jnp.roll(steps, shift))(jnp.arange(n_walks))
    return jnp.cumsum(rows, axis=1)


@caught_by("correct", "walks_are_independent")
def random_walks__same_key_in_the_scan(key, n_walks, n_steps):
    """Uses the key anew at each step of a scan, so that a walk never turns round."""

    def move(position, _):
        position = position + jax.random.rademacher(key, (n_walks,), dtype=jnp.int32)
        return position, position

    _, positions = lax.scan(move, jnp.zeros(n_walks, jnp.int32), length=n_steps)
    return positions.T


@caught_by("jit", "compiles_once")
def random_walks__sums_in_numpy(key, n_walks, n_steps):
    """Leaves JAX for the sum."""
    steps = np.asarray(jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int32))
    return jnp.asarray(np.cumsum(steps, axis=1))


@caught_by("speed", "beats_the_loop")
def random_walks__python_loop(key, n_walks, n_steps):
    """Draws one walk after the other."""
    walks = []
    for walk_key in jax.random.split(key, n_walks):
        steps = jax.random.rademacher(walk_key, (n_steps,), dtype=jnp.int32)
        walks.append(jnp.cumsum(steps))
    return jnp.stack(walks)


@caught_by("deeper", "walks_far")
def random_walks__half_precision(key, n_walks, n_steps):
    """Adds up in bfloat16, where 256 + 1 is 256."""
    steps = jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.bfloat16)
    return jnp.cumsum(steps, axis=1).astype(jnp.int32)


@caught_by("deeper", "walks_far")
def random_walks__bytes(key, n_walks, n_steps):
    """Adds up in int8, which ends at 127."""
    steps = jax.random.rademacher(key, (n_walks, n_steps), dtype=jnp.int8)
    return jnp.cumsum(steps, axis=1, dtype=jnp.int8).astype(jnp.int32)


@caught_by("deeper", "walks_far")
def random_walks__a_little_uphill(key, n_walks, n_steps):
    """Goes up in 51 of 100 steps."""
    up = jax.random.bernoulli(key, 0.51, (n_walks, n_steps))
    return jnp.cumsum(jnp.where(up, 1, -1), axis=1)
