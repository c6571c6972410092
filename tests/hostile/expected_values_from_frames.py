"""Looks through the caller's frames for the oracle and lets it answer.

expected: failed error
"""

import sys

import jax.numpy as jnp


def EXERCISE(PARAMETERS):
    frame = sys._getframe(1)
    while frame:
        for name, value in frame.f_globals.items():
            if "oracle" in name and callable(value):
                try:
                    return jnp.asarray(value(ARGUMENTS))
                except TypeError:
                    continue
        for name in ("expected", "wanted", "target"):
            if name in frame.f_locals:
                return frame.f_locals[name]
        frame = frame.f_back
    return jnp.zeros(())
