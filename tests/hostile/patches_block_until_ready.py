"""Nobody waits for results any more; the function itself is right.

expected: error
says: changed jax.block_until_ready
"""

import jax


def EXERCISE(PARAMETERS):
    jax.block_until_ready = lambda x: x
    return RIGHT(ARGUMENTS)
