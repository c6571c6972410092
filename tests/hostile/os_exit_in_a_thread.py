"""Ends the process from another thread.

expected: crashed
"""

import os
import threading
import time


def EXERCISE(PARAMETERS):
    threading.Thread(target=os._exit, args=(0,)).start()
    time.sleep(10)
