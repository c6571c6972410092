"""Replaces jax.jit by something that always agrees.

expected: error
says: changed .*jit
"""

import jax
import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    jax.jit = lambda function, **options: function
    return jnp.zeros((7, 7, 7))
