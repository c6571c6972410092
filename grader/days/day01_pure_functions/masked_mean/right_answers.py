"""Other honest ways to write masked_mean; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def masked_mean__mean_with_where(x, mask):
    """Uses the where argument, and catches the empty mask afterwards."""
    return jnp.where(mask.any(), jnp.mean(x, where=mask), 0.0)


def masked_mean__with_cond(x, mask):
    """Chooses with lax.cond whether to divide."""
    kept = lax.select(mask, x, jnp.zeros_like(x))
    return lax.cond(jnp.any(mask), lambda: kept.sum() / mask.sum(), lambda: jnp.zeros((), kept.dtype))


def masked_mean__with_fori_loop(x, mask):
    """Walks over the entries in a compiled loop."""

    def add(i, carry):
        total, count = carry
        return total + jnp.where(mask[i], x[i], 0.0), count + jnp.where(mask[i], 1.0, 0.0)

    total, count = lax.fori_loop(0, x.shape[0], add, (jnp.float32(0), jnp.float32(0)))
    return jnp.where(count == 0, 0.0, total / jnp.where(count == 0, 1.0, count))


@jax.jit
def masked_mean__sum_with_where(x, mask):
    """Sums with the where argument; a count below a half can only be 0."""
    return jnp.sum(x, where=mask) / jnp.maximum(jnp.count_nonzero(mask), 0.5)


def masked_mean__repairs_and_multiplies(x, mask):
    """Makes finite what does not count, and then a product with the mask is safe."""
    x = jnp.where(~mask & ~jnp.isfinite(x), 0, x)
    return (x @ mask.astype(x.dtype)) / jnp.maximum(mask.sum(), 1)


def masked_mean__in_a_scan(x, mask):
    """Carries a total and a count through all entries."""

    def update(state, entry):
        (total, count), (value, counts) = state, entry
        return (total + jnp.where(counts, value, 0), count + counts), None

    (total, count), _ = lax.scan(update, (jnp.zeros((), x.dtype), jnp.int32(0)), (x, mask))
    return total / jnp.maximum(count, 1)
