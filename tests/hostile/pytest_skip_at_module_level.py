"""Skips the whole module while it is loaded.

expected: error
"""

import pytest

pytest.skip("everything", allow_module_level=True)
