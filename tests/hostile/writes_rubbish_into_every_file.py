"""Writes rubbish into every open file: a length that never comes.

expected: crashed
exercises: 2
"""

import os


def EXERCISE(PARAMETERS):
    for number in range(3, 64):
        try:
            os.write(number, b"\x7f\xff\xff\xffrubbish")
        except OSError:
            pass
    os._exit(0)
