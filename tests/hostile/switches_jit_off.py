"""Turns jit off, so that a Python branch would pass.

expected: error
says: JAX's setting jax_disable_jit
"""

import jax


def EXERCISE(PARAMETERS):
    jax.config.update("jax_disable_jit", True)
    return RIGHT(ARGUMENTS)
