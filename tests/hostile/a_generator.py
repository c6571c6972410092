"""Yields instead of returning.

expected: failed
says: generator|has another structure
"""


def EXERCISE(PARAMETERS):
    yield 1
