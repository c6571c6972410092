"""Keeps results by the identity of the arguments; under jit it keeps tracers.

JAX says who keeps a tracer, and may search for longer than a check's time.

expected: failed error timeout
"""

KEPT = {}


def EXERCISE(PARAMETERS):
    key = tuple(map(id, [ARGUMENTS]))
    if key not in KEPT:
        KEPT[key] = RIGHT(ARGUMENTS)
    return KEPT[key]
