"""Other honest ways to write exponential_average; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# exponential_average


def exponential_average__step_towards(average, new, decay):
    """Goes a part of the way to the new tree."""

    def blend(old, latest):
        step = (1 - decay) * (latest.astype(old.dtype) - old)
        return jnp.asarray(old + step, old.dtype)

    return jax.tree.map(blend, average, new)


def exponential_average__weighted_sum(average, new, decay):
    """Scales both trees, then adds them, then restores the dtypes."""
    kept = jax.tree.map(lambda x: x.astype(jnp.float32) * decay, average)
    added = jax.tree.map(lambda x: x.astype(jnp.float32) * (1 - decay), new)
    total = jax.tree.map(jnp.add, kept, added)
    return jax.tree.map(lambda like, x: x.astype(like.dtype), average, total)


def exponential_average__flattened(average, new, decay):
    """Works on lists of leaves, after a look at the structures."""
    old, structure = jax.tree.flatten(average)
    latest, other = jax.tree.flatten(new)
    if structure != other:
        raise ValueError(f"{structure} is not {other}")
    blended = [(decay * a + (1 - decay) * b).astype(a.dtype) for a, b in zip(old, latest, strict=True)]
    return jax.tree.unflatten(structure, blended)


@jax.jit
def exponential_average__compiled(average, new, decay):
    """Compiled by the learner; weights both by a dot product."""

    def blend(old, latest):
        pair = jnp.stack([old.astype(jnp.float32), latest.astype(jnp.float32)])
        return jnp.tensordot(jnp.stack([decay, 1 - decay]), pair, axes=1).astype(old.dtype)

    return jax.tree.map(blend, average, new)


def exponential_average__lerp(average, new, decay):
    """Goes from the new tree back to the old one; keeps a tree of dtypes."""
    dtypes = jax.tree.map(lambda leaf: leaf.dtype, average)
    blended = jax.tree.map(lambda old, latest: latest + decay * (old - latest), average, new)
    return jax.tree.map(lambda leaf, dtype: leaf.astype(dtype), blended, dtypes)


def exponential_average__fori_loop(average, new, decay):
    """Visits the rows of a leaf in a compiled loop."""

    def blend(old, latest):
        if old.ndim == 0:
            return (decay * old + (1 - decay) * latest).astype(old.dtype)

        def visit(k, out):
            return out.at[k].set((decay * out[k] + (1 - decay) * latest[k]).astype(old.dtype))

        return lax.fori_loop(0, len(old), visit, old)

    return jax.tree.map(blend, average, new)


def exponential_average__difference_in_half(average, new, decay):
    """Takes the difference in the leaf's dtype, into which it fits, and all else in float32."""
    weight = 1 - jnp.asarray(decay, jnp.float32)

    def move(old, latest):
        gap = latest.astype(old.dtype) - old
        return (old.astype(jnp.float32) + weight * gap.astype(jnp.float32)).astype(old.dtype)

    return jax.tree.map(move, average, new)
