"""Lets another program read the reference solution.

expected: error
limit: only an untrusted process without a view of the solutions would stop it
exercises: 2
"""

import subprocess

import grader.kata.catalogue


def EXERCISE(PARAMETERS):
    space = {}
    path = grader.kata.catalogue.SOLUTIONS / "FOLDER" / "STEM.py"
    exec(subprocess.run(["cat", str(path)], capture_output=True, text=True, check=True).stdout, space)
    return space["EXERCISE"](ARGUMENTS)
