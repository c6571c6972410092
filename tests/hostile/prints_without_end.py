"""Fills the disk with its output.

expected: error timeout
exercises: 1
"""


def EXERCISE(PARAMETERS):
    while True:
        print("x" * 100000)
