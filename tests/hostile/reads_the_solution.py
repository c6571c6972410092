"""Reads the reference solution as text and runs it.

expected: error
says: the solutions and the checks are closed
"""

import pathlib

import grader.kata.catalogue


def EXERCISE(PARAMETERS):
    space = {}
    path = grader.kata.catalogue.SOLUTIONS / "FOLDER" / "STEM.py"
    exec(pathlib.Path(path).read_text(), space)
    return space["EXERCISE"](ARGUMENTS)
