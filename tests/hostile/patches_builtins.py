"""isinstance and all always say yes.

expected: error
says: changed builtins
"""

import builtins

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    builtins.all = lambda *a: True
    return jnp.zeros((7, 7, 7))
