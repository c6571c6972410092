"""A compiled loop without end, which no signal handler interrupts.

expected: timeout
exercises: 1
"""

import jax
import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    return jax.lax.while_loop(lambda v: v > -1, lambda v: abs(v) + 1, jnp.zeros(()))
