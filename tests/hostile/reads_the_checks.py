"""Reads the checks to see what will be asked.

expected: error
says: the solutions and the checks are closed
"""

import grader.kata.catalogue


def EXERCISE(PARAMETERS):
    with open(grader.kata.catalogue.DAYS / "FOLDER" / "EXERCISE" / "checks.py") as file:
        return file.read()
