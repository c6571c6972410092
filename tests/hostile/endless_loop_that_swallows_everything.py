"""Catches whatever would end it.

expected: timeout
exercises: 1
"""


def EXERCISE(PARAMETERS):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
