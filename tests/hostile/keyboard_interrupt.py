"""Pretends that Ctrl-C was pressed.

expected: error
says: KeyboardInterrupt
"""


def EXERCISE(PARAMETERS):
    raise KeyboardInterrupt
