"""Right, but leaves a process behind.

expected: passed
exercises: 1
"""

import subprocess

STARTED = []


def EXERCISE(PARAMETERS):
    if not STARTED:
        STARTED.append(subprocess.Popen(["sleep", "600"], start_new_session=True))
    return RIGHT(ARGUMENTS)
