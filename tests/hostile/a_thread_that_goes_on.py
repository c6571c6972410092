"""Right, but leaves a thread behind that sleeps.

expected: passed
exercises: 2
"""

import threading
import time


def EXERCISE(PARAMETERS):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return RIGHT(ARGUMENTS)
