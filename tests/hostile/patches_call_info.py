"""pytest sees no exception any more.

expected: error
says: changed CallInfo
"""

import _pytest.runner
import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    real = _pytest.runner.CallInfo.from_call.__func__

    def from_call(cls, func, when, reraise=None):
        return real(cls, lambda: None, when, reraise)

    _pytest.runner.CallInfo.from_call = classmethod(from_call)
    return jnp.zeros((7, 7, 7))
