"""Sends SIGKILL to its whole process group, hoping that the grader is in it.

expected: crashed
says: SIGKILL
"""

import os
import signal


def EXERCISE(PARAMETERS):
    os.killpg(0, signal.SIGKILL)
