"""Calls itself without end.

expected: error
says: RecursionError
"""


def EXERCISE(PARAMETERS):
    return EXERCISE(ARGUMENTS)
