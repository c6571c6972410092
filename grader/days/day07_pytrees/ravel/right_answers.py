"""Other honest ways to write ravel; each must pass every check."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

# ravel


def ravel__split(tree):
    """Splits the vector at sums of sizes, known to NumPy."""
    leaves, structure = jax.tree.flatten(tree)
    shapes, dtypes = [leaf.shape for leaf in leaves], [leaf.dtype for leaf in leaves]
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    vector = jnp.hstack([leaf.ravel().astype(jnp.float32) for leaf in leaves]) if leaves else jnp.zeros(0)

    def unravel(vector):
        parts = jnp.split(vector, ends) if leaves else []
        return structure.unflatten(
            part.reshape(shape).astype(dtype)
            for part, shape, dtype in zip(parts, shapes, dtypes, strict=True)
        )

    return vector, unravel


def ravel__maps_a_template(tree):
    """Keeps a tree of shapes, and an iterator over where leaves begin."""
    template = jax.eval_shape(lambda: jax.tree.map(jnp.zeros_like, tree))
    parts = [jnp.reshape(leaf, -1).astype(jnp.float32) for leaf in jax.tree.leaves(tree)]

    def unravel(vector):
        starts = itertools.accumulate((leaf.size for leaf in jax.tree.leaves(template)), initial=0)

        def cut(like):
            part = lax.dynamic_slice_in_dim(vector, next(starts), like.size)
            return part.reshape(like.shape).astype(like.dtype)

        return jax.tree.map(cut, template)

    return jnp.concatenate(parts or [jnp.zeros(0)]), unravel


def ravel__gathers(tree):
    """Numbers all elements, and reads the vector by number."""
    leaves, structure = jax.tree.flatten(tree)
    sizes = [leaf.size for leaf in leaves]
    starts = [sum(sizes[:k]) for k in range(len(sizes))]

    def unravel(vector):
        def read(start, leaf):
            places = start + np.arange(leaf.size).reshape(leaf.shape)
            return jnp.asarray(vector[places], leaf.dtype)

        return jax.tree.unflatten(structure, [read(s, leaf) for s, leaf in zip(starts, leaves, strict=True)])

    vector = jnp.zeros(sum(sizes), jnp.float32)
    for start, leaf in zip(starts, leaves, strict=True):
        vector = vector.at[start : start + leaf.size].set(leaf.astype(jnp.float32).ravel())
    return vector, unravel
