"""Replaces jax.jit while the file is loaded; the function itself is right.

expected: passed
problem: changed .*jit
exercises: 2
"""

import jax

jax.jit = lambda function, **options: function


def EXERCISE(PARAMETERS):
    return RIGHT(ARGUMENTS)
