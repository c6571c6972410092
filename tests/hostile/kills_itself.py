"""Sends itself SIGKILL.

expected: crashed
says: SIGKILL
"""

import os
import signal


def EXERCISE(PARAMETERS):
    os.kill(os.getpid(), signal.SIGKILL)
