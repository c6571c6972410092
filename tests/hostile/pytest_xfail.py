"""Declares its failure expected.

expected: error
says: called into pytest
"""

import pytest


def EXERCISE(PARAMETERS):
    pytest.xfail("known")
