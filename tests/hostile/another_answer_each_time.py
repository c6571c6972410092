"""Right on every other call.

expected: failed error
"""

import jax.numpy as jnp

CALLS = []


def EXERCISE(PARAMETERS):
    CALLS.append(1)
    return RIGHT(ARGUMENTS) if len(CALLS) % 2 else jnp.zeros((7, 7, 7))
