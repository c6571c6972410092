"""Stops the clock; the function itself is right.

expected: error
says: changed time.perf_counter
"""

import time


def EXERCISE(PARAMETERS):
    time.perf_counter = lambda: 0.0
    return RIGHT(ARGUMENTS)
