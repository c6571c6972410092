"""Ends the process with status 0, as if all were well.

expected: crashed
says: os._exit
"""

import os


def EXERCISE(PARAMETERS):
    os._exit(0)
