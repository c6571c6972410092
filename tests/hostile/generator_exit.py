"""Raises an exception that `except Exception` does not see.

expected: error
says: GeneratorExit
"""


def EXERCISE(PARAMETERS):
    raise GeneratorExit
