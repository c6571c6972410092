"""Sets sys.stdout to None and closes sys.stderr.

expected: failed
"""

import sys

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    sys.stdout = None
    sys.stderr.close()
    return jnp.zeros((7, 7, 7))
