"""What oracles are written in: NumPy, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def wide(x: Any) -> Array:
    """The same numbers in float64."""
    return np.asarray(x, np.float64)
