"""Returns an instance of a subclass of JAX's tracer, under JAX's module name.

expected: failed error
"""

import jax


class Tracer(jax.core.Tracer):
    def __init__(self):
        pass

    def __repr__(self):
        return "tracer"


Tracer.__module__ = "jax.core"
Tracer.__name__ = "MyTracer"


def EXERCISE(PARAMETERS):
    return object.__new__(Tracer)
