"""Returns an object that turns into whatever array is asked for, lazily.

expected: failed
says: Lazy|has another structure
"""

import numpy as np


class Lazy:
    shape, dtype, ndim = (), np.dtype(np.float32), 0

    def __array__(self, *a, **k):
        return np.zeros(())

    def __jax_array__(self):
        raise RuntimeError

    def block_until_ready(self):
        return self


def EXERCISE(PARAMETERS):
    return Lazy()
