"""Yields instead of returning.

expected: failed
says: generator
"""


def EXERCISE(PARAMETERS):
    yield 1
