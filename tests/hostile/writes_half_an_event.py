"""Announces an event of a hundred bytes in every open file, the event pipe too, and never writes it to the end.

expected: timeout crashed
exercises: 1
"""

import os
import struct
import time


def EXERCISE(PARAMETERS):
    for number in range(3, 64):
        try:
            os.write(number, struct.pack("!i", 100) + b"{")
        except OSError:
            pass
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
