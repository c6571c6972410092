"""Gives the first result again for every argument of the same shapes; under jit it keeps tracers.

JAX says who keeps a tracer, and may search for longer than a check's time.

expected: failed error timeout
"""

import jax

KEPT = {}


def EXERCISE(PARAMETERS):
    key = str(jax.tree.map(lambda leaf: getattr(leaf, "shape", leaf), [ARGUMENTS]))
    if key not in KEPT:
        KEPT[key] = RIGHT(ARGUMENTS)
    return KEPT[key]
