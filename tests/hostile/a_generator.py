"""Yields instead of returning.

expected: failed error
says: generator|has another structure
"""


def EXERCISE(PARAMETERS):
    yield 1
