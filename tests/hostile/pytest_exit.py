"""Ends the whole test session.

expected: error
says: called into pytest
"""

import pytest


def EXERCISE(PARAMETERS):
    pytest.exit("all done", returncode=0)
