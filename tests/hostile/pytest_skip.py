"""Skips its own check.

expected: error
says: called into pytest
"""

import pytest


def EXERCISE(PARAMETERS):
    pytest.skip("not today")
