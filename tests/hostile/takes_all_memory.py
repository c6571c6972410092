"""Takes memory until it is stopped.

expected: crashed
says: GiB of memory
exercises: 1
"""


def EXERCISE(PARAMETERS):
    hog = []
    while True:
        hog.append(b"x" * 2**24)
