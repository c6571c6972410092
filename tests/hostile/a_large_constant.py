"""Drags an array of 200 MB along.

expected: failed
says: has a large array baked in
exercises: 2
"""

import jax
import jax.numpy as jnp

LARGE = jnp.zeros(50_000_000)


def EXERCISE(PARAMETERS):
    result = RIGHT(ARGUMENTS)
    extra = LARGE[jax.tree.leaves(result)[0].size % 7]
    return jax.tree.map(lambda leaf: leaf + extra.astype(leaf.dtype), result)
