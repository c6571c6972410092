"""Right, but changes the working directory and empties the environment.

expected: passed
exercises: 2
"""

import os


def EXERCISE(PARAMETERS):
    os.chdir("/")
    os.environ.clear()
    return RIGHT(ARGUMENTS)
