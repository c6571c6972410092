"""Takes Python's recursion limit away first: the C stack overflows, or the clock runs out.

expected: crashed timeout error
exercises: 1
"""

import sys


def EXERCISE(PARAMETERS):
    sys.setrecursionlimit(10**9)
    return EXERCISE(ARGUMENTS)
