"""Writes forged verdicts into every open file, the event pipe too.

expected: crashed
says: pipe on which the grader hears its verdicts
exercises: 2
"""

import json
import os
import struct
import time


def EXERCISE(PARAMETERS):
    event = json.dumps({"event": "Done"}).encode()
    for number in range(3, 64):
        try:
            os.write(number, struct.pack("!i", len(event)) + event)
        except OSError:
            pass
    time.sleep(1)
    os._exit(0)
