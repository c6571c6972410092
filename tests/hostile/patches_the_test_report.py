"""Every report says passed.

expected: error
says: changed TestReport
"""

import _pytest.reports
import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    _pytest.reports.TestReport.from_item_and_call = classmethod(lambda *a: None)
    return jnp.zeros((7, 7, 7))
