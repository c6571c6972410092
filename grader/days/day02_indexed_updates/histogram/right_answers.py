"""Other honest ways to write histogram; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# histogram


def histogram__past_the_end(indices, n_bins):
    """Sends the negatives past the end, where they are dropped by default."""
    return jnp.zeros(n_bins, jnp.int32).at[jnp.where(indices < 0, n_bins, indices)].add(1)


def histogram__adds_a_mask(indices, n_bins):
    """Adds 1 where the index counts and 0 where it does not."""
    inside = (indices >= 0) & (indices < n_bins)
    places = jnp.where(inside, indices, 0)
    return jnp.zeros(n_bins, int).at[places].add(inside.astype(int))


@partial(jax.jit, static_argnames="n_bins")
def histogram__spare_bin(indices, n_bins):
    """Collects what is out of range in a bin of its own and cuts it off; compiled by the learner."""
    inside = (indices >= 0) & (indices < n_bins)
    return jnp.zeros(n_bins + 1, int).at[jnp.where(inside, indices, n_bins)].add(1)[:n_bins]


def histogram__comparisons(indices, n_bins):
    """Compares every index with every bin."""
    return jnp.sum(indices[:, None] == jnp.arange(n_bins), axis=0)


def histogram__sorted(indices, n_bins):
    """Sorts, and looks up where each bin begins."""
    return jnp.diff(jnp.searchsorted(jnp.sort(indices), jnp.arange(n_bins + 1)))


def histogram__fori_loop(indices, n_bins):
    """Counts one by one, in a compiled loop."""

    def count(k, counts):
        return counts.at[jnp.where(indices[k] < 0, n_bins, indices[k])].add(1)

    if not len(indices):
        return jnp.zeros(n_bins, int)
    return lax.fori_loop(0, len(indices), count, jnp.zeros(n_bins, int))
