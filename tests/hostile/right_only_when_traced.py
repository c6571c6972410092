"""Zeros as it stands, right when it is traced.

expected: failed
"""

import jax
import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    result = RIGHT(ARGUMENTS)
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(result)):
        return result
    return jnp.zeros((7, 7, 7))
