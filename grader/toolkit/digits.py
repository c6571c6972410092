"""Scikit-learn's handwritten digits, read straight from its file: importing its data sets takes a second."""

from __future__ import annotations

import gzip
from importlib.metadata import distribution
from typing import Any

import numpy as np

_FILE = "sklearn/datasets/data/digits.csv.gz"  # 64 pixels from 0 to 16 and a label on each line


def digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """All 1797 images, (1797, 8, 8) uint8 from 0 to 16, and their labels, (1797,) int32, in the file's order."""
    try:
        with gzip.open(str(distribution("scikit-learn").locate_file(_FILE)), "rt") as file:
            rows = np.array(file.read().replace("\n", ",").rstrip(",").split(","), np.float32).reshape(-1, 65)
        images, labels = rows[:, :-1], rows[:, -1]
    except OSError:  # another version of scikit-learn may keep it elsewhere
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]

        images, labels = load_digits(return_X_y=True)
    return images.reshape(-1, 8, 8).astype(np.uint8), labels.astype(np.int32)
