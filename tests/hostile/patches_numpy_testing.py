"""Makes every assertion of NumPy pass.

expected: error
says: changed numpy.testing
"""

import jax.numpy as jnp
import numpy as np


def EXERCISE(PARAMETERS):
    np.testing.assert_allclose = lambda *a, **k: None
    return jnp.zeros((7, 7, 7))
