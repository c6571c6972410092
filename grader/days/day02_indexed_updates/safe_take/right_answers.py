"""Other honest ways to write safe_take; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# safe_take


def safe_take__row_of_fill(x, indices, fill):
    """Appends one item of fill and sends every bad index there."""
    n = len(x)
    padded = jnp.concatenate([x, jnp.full((1, *x.shape[1:]), fill, x.dtype)])
    return padded[jnp.where((indices < 0) | (indices >= n), n, indices)]


def safe_take__one_index_at_a_time(x, indices, fill):
    """Lifts the reading of one index."""

    def take(k):
        return jnp.where((k >= 0) & (k < len(x)), x[k], jnp.asarray(fill, x.dtype))

    return jax.vmap(take)(indices)


def safe_take__clipped(x, indices, fill):
    """Clips the indices by hand and sees from the difference which were out of range."""
    clipped = jnp.clip(indices, 0, len(x) - 1)
    outside = jnp.expand_dims(clipped != indices, tuple(range(1, x.ndim)))
    return jnp.where(outside, jnp.full_like(x, fill, shape=()), jnp.take(x, clipped, axis=0))


def safe_take__writes_the_fill(x, indices, fill):
    """Reads anything, then writes the fill at the places that were out of range."""
    places = jnp.arange(len(indices))
    outside = (indices < 0) | (indices >= len(x))
    read = x.at[indices].get(mode="clip")
    return read.at[jnp.where(outside, places, len(indices))].set(fill, mode="drop")


def safe_take__in_a_loop(x, indices, fill):
    """Starts from the fill and writes what there is, item by item, in a compiled loop."""
    n, m = x.shape[0], indices.shape[0]
    out = jnp.full((m, *x.shape[1:]), fill, x.dtype)

    def write(k, out):
        i = indices[k]
        inside = (0 <= i) & (i < n)
        return out.at[k].set(jnp.where(inside, x[jnp.where(inside, i, 0)], out[k]))

    return lax.fori_loop(0, m, write, out)


def safe_take__cond_for_each(x, indices, fill):
    """Asks for each index whether to read or to fill."""
    blank = jnp.full(x.shape[1:], fill, x.dtype)

    def take(i):
        inside = jnp.logical_and(i >= 0, i < x.shape[0])
        return lax.cond(inside, lambda: lax.dynamic_index_in_dim(x, i, keepdims=False), lambda: blank)

    return jax.vmap(take)(indices)
