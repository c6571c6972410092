"""Switches the alarm clock off and loops.

expected: timeout
exercises: 1
"""

import signal


def EXERCISE(PARAMETERS):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass
