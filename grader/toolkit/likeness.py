"""How alike numbers have to be before a pattern is told of them: far more than by accident."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

TIGHT = 2e-5  # relative: a few hundred roundings of float32, and no mistake that people make
NEAR = 0.01  # what is off by less everywhere is nearly right


def alike(got: Array, wanted: Array) -> bool:
    """Whether two arrays agree far better than by accident."""
    if got.shape != wanted.shape:
        return False
    if got.dtype.kind == "b" or wanted.dtype.kind == "b":
        return bool(np.array_equal(got, wanted))
    known = np.isfinite(wanted)
    if not known.any() or not np.array_equal(got[~known], wanted[~known], equal_nan=True):
        return False
    return bool(hardly_apart(got, wanted)[known].all())


def hardly_apart(got: Array, wanted: Array) -> Array:
    """Which entries agree within a few roundings of their own and of the largest."""
    scale = np.abs(wanted)
    bound = TIGHT * scale + 1e-7 * scale[np.isfinite(scale)].max(initial=0.0)
    return np.asarray(np.abs(got - wanted) <= bound)


def far_apart(got: Array, wanted: Array) -> Array:
    """Which entries are another number, though both may be small."""
    return np.asarray(np.abs(got - wanted) > NEAR * np.abs(wanted))


def several(values: Array, least: int) -> bool:
    """Whether there are so many different numbers, none of them a rounding of another."""
    if values.dtype.kind == "b":
        return len(np.unique(values)) >= least
    values = np.abs(values.ravel()) if values.dtype.kind == "c" else values.ravel()
    values = np.sort(values[np.isfinite(values)].astype(np.float64))
    apart = np.diff(values) > 1e-4 * np.abs(values).max(initial=1e-30)
    return bool(values.size and 1 + apart.sum() >= least)


def tell_apart(values: Array) -> bool:
    """Whether a rearrangement would show: three different numbers, or many of two kinds."""
    if several(values, 3):
        return True
    _, counts = np.unique(values, return_counts=True)
    return len(counts) == 2 and values.size >= 12 and counts.min() >= 3
