"""Other honest ways to write random_walks; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def random_walks__by_lifting_one_walk(key, n_walks, n_steps):
    """Writes one walk and lifts it over split keys."""

    def one(key):
        return jnp.cumsum(2 * jax.random.bernoulli(key, 0.5, (n_steps,)).astype(jnp.int32) - 1)

    return jax.vmap(one)(jax.random.split(key, n_walks))


def random_walks__by_scanning_over_time(key, n_walks, n_steps):
    """Steps all walks together with a scan, a key for each moment."""

    def move(position, key):
        position = position + jnp.where(jax.random.uniform(key, (n_walks,)) < 0.5, 1, -1)
        return position, position

    start = jnp.zeros(n_walks, jnp.int32)
    _, positions = lax.scan(move, start, jax.random.split(key, n_steps))
    return positions.T


def random_walks__keys_by_index(key, n_walks, n_steps):
    """Splits once, and takes the key of each moment by its number."""
    keys = jax.random.split(key, n_steps)

    def move(t, state):
        position, walked = state
        position = position + jax.random.rademacher(keys[t], (n_walks,), dtype=jnp.int32)
        return position, walked.at[:, t].set(position)

    start = jnp.zeros(n_walks, jnp.int32)
    return lax.fori_loop(0, n_steps, move, (start, jnp.zeros((n_walks, n_steps), jnp.int32)))[1]


def random_walks__by_choosing_steps(key, n_walks, n_steps):
    """Chooses the steps from an array and sums them with an associative scan."""
    steps = jax.random.choice(key, jnp.array([-1, 1]), (n_walks, n_steps))
    return lax.associative_scan(jnp.add, steps, axis=1)


def random_walks__by_counting_heads(key, n_walks, n_steps):
    """Position after t steps is twice the heads less t."""
    heads = jax.random.randint(key, (n_walks, n_steps), 0, 2).cumsum(axis=1)
    return (2 * heads - jnp.arange(1, n_steps + 1)).astype(jnp.int32)


def random_walks__in_a_compiled_loop(key, n_walks, n_steps):
    """One walk after the other, in a loop that stays a loop."""

    def one(key):
        return jnp.cumsum(jax.random.rademacher(key, (n_steps,), dtype=jnp.int32))

    return lax.map(one, jax.random.split(key, n_walks))
