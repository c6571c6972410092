"""Makes every difference zero.

expected: error
says: changed numpy.abs
"""

import jax.numpy as jnp
import numpy as np


def EXERCISE(PARAMETERS):
    np.abs = lambda x: np.zeros_like(x)
    np.isnan = lambda x: np.ones_like(x, bool)
    return jnp.zeros((7, 7, 7))
