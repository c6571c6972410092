"""Kills the warm process that it was forked from.

expected: failed
"""

import os
import signal

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    os.kill(os.getppid(), signal.SIGKILL)
    return jnp.zeros(3)
