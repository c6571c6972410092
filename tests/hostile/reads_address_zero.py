"""A segmentation fault.

expected: crashed
says: SIGSEGV
"""

import ctypes


def EXERCISE(PARAMETERS):
    return ctypes.string_at(0)
