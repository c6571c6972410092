"""Aborts, as a failed assertion in C would.

expected: crashed
says: SIGABRT
"""

import os


def EXERCISE(PARAMETERS):
    os.abort()
