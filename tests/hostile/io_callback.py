"""Leaves the compiled program for Python, in order.

expected: failed error
"""

import jax
from jax.experimental import io_callback


def EXERCISE(PARAMETERS):
    io_callback(lambda: None, None, ordered=True)
    return RIGHT(ARGUMENTS)
