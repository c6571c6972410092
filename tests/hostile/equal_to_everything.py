"""Returns an object that is equal to everything.

expected: failed
says: Liar|has another structure
"""


class Liar:
    def __eq__(self, other):
        return True

    __hash__ = None


def EXERCISE(PARAMETERS):
    return Liar()
