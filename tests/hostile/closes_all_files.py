"""Closes every open file, the event pipe too.

expected: crashed
exercises: 2
"""

import os


def EXERCISE(PARAMETERS):
    os.closerange(0, 1024)
    raise ValueError
