"""A Python loop without end.

expected: timeout
exercises: 1
"""


def EXERCISE(PARAMETERS):
    while True:
        pass
