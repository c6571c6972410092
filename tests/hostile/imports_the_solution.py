"""Imports the reference solution.

expected: error
says: the solutions and the checks are closed
"""

import importlib


def EXERCISE(PARAMETERS):
    module = importlib.import_module("solutions.FOLDER.STEM")
    return module.EXERCISE(ARGUMENTS)
