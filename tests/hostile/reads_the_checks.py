"""Reads the checks to see what will be asked.

expected: error
says: the solutions and the checks are closed
"""

import grader.catalogue


def EXERCISE(PARAMETERS):
    with open(grader.catalogue.CHECKS / "FOLDER.py") as file:
        return file.read()
