"""Asks Python to exit with status 0.

expected: error
says: SystemExit
"""

import sys


def EXERCISE(PARAMETERS):
    sys.exit(0)
