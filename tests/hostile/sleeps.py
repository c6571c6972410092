"""Sleeps past its limit.

expected: timeout
exercises: 1
"""

import time


def EXERCISE(PARAMETERS):
    time.sleep(1000)
