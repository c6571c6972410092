"""Imports the reference solution while the file is loaded.

expected: error
"""

from solutions.FOLDER.STEM import EXERCISE
