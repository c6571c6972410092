"""Replaces the comparison of the toolkit itself.

expected: error
says: changed grader.toolkit.comparison.compare
"""

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    import grader.toolkit.comparison as comparison

    comparison.compare = lambda *a, **k: None
    return jnp.zeros((7, 7, 7))
