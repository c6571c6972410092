"""Returns an object whose repr raises.

expected: failed
"""


class Shy:
    def __repr__(self):
        raise SystemExit


def EXERCISE(PARAMETERS):
    return (Shy(), Shy())
