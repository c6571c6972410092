"""Other honest ways to write bootstrap_means; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def bootstrap_means__with_a_key_for_each_resample(key, x, n_resamples):
    """Draws one resample with choice and lifts it over keys."""

    def one(key):
        return jax.random.choice(key, x, x.shape).mean()

    return jax.vmap(one)(jax.random.split(key, n_resamples))


def bootstrap_means__by_folding_in_the_resample(key, x, n_resamples):
    """Folds the number of the resample into the key."""

    def one(i):
        picks = jax.random.randint(jax.random.fold_in(key, i), x.shape, 0, x.size)
        return jnp.mean(jnp.take(x, picks))

    return jax.vmap(one)(jnp.arange(n_resamples))


def bootstrap_means__by_counting_picks(key, x, n_resamples):
    """Counts how often each element was picked and multiplies by a matrix."""
    n = x.size
    picks = jnp.floor(n * jax.random.uniform(key, (n_resamples, n))).astype(jnp.int32)
    picks = jnp.minimum(picks, n - 1)
    rows = jnp.arange(n_resamples)[:, None]
    counts = jnp.zeros((n_resamples, n), x.dtype).at[rows, picks].add(1)
    return jnp.sum(counts * x, axis=1) / n


def bootstrap_means__by_choice_of_a_matrix(key, x, n_resamples):
    """Draws the resamples as columns, all at once."""
    return jnp.mean(jax.random.choice(key, x, (x.size, n_resamples)), axis=0)


def bootstrap_means__in_a_compiled_loop(key, x, n_resamples):
    """One resample after the other, in a loop that stays a loop, to save memory."""

    def one(key):
        return x[jax.random.randint(key, x.shape, 0, x.size)].mean()

    return lax.map(one, jax.random.split(key, n_resamples))


def bootstrap_means__by_random_bits(key, x, n_resamples):
    """Takes random bits modulo n, which is uneven by less than any number of draws tells."""
    n = x.shape[0]
    picks = jax.random.bits(key, (n_resamples, n)) % jnp.uint32(n)
    return jnp.sum(x[picks], axis=-1) / n
