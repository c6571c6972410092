"""Right as it stands, the wrong way round when it is traced.

expected: failed error
"""

import jax
import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    result = RIGHT(ARGUMENTS)
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(result)):
        return jax.tree.map(lambda leaf: jax.numpy.flip(leaf) + 1 if leaf.ndim else leaf * 0 + 1, result)
    return result
