"""Tries to steer the terminal with what it prints.

expected: failed error
"""

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    print("\x1b[2J[green]passed[/]\x00\ud800")
    return jnp.zeros((7, 7, 7))
