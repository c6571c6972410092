"""Gives the first result again for every argument of the same shapes.

expected: failed error
"""

import jax

KEPT = {}


def EXERCISE(PARAMETERS):
    key = str(jax.tree.map(lambda leaf: getattr(leaf, "shape", leaf), [ARGUMENTS]))
    if key not in KEPT:
        KEPT[key] = RIGHT(ARGUMENTS)
    return KEPT[key]
