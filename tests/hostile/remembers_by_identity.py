"""Keeps results by the identity of the arguments; under jit it keeps tracers.

expected: failed error
"""

KEPT = {}


def EXERCISE(PARAMETERS):
    key = tuple(map(id, [ARGUMENTS]))
    if key not in KEPT:
        KEPT[key] = RIGHT(ARGUMENTS)
    return KEPT[key]
