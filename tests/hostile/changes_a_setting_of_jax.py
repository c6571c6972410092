"""Turns 64 bits on in the middle of a check.

expected: error
says: JAX's setting jax_enable_x64
"""

import jax


def EXERCISE(PARAMETERS):
    jax.config.update("jax_enable_x64", True)
    return RIGHT(ARGUMENTS)
