"""Lies about its class.

expected: failed
says: Pretender|has another structure
"""

import jax


class Pretender:
    __class__ = jax.Array


def EXERCISE(PARAMETERS):
    return Pretender()
