"""Takes jax away from everybody else.

expected: failed error
"""

import sys

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    for name in ("jax", "numpy", "jax.numpy"):
        sys.modules[name] = None
    return jnp.zeros((7, 7, 7))
