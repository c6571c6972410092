"""Raises an error whose text raises.

expected: error
says: raised Shy
"""


class Shy(Exception):
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


def EXERCISE(PARAMETERS):
    raise Shy
