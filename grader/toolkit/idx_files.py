"""Write files in MNIST's own format, so that what reads MNIST can be tried without the real ones.

An IDX file begins with two zero bytes, a byte for the kind of number (8 is uint8) and a byte for the number of axes; then
each size as a big-endian 32-bit integer, then the numbers.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

_UINT8 = 8


def write_idx(path: Path, array: np.ndarray[Any, Any]) -> None:
    """Write a uint8 array as an IDX file. Raises ValueError for another dtype."""
    if array.dtype != np.uint8:
        raise ValueError(f"IDX files of MNIST hold uint8, not {array.dtype}")
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, _UINT8, array.ndim, *array.shape)
    path.write_bytes(head + array.tobytes())


def write_mnist(
    root: Path,
    train: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    test: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
) -> None:
    """Write pairs (images, labels), uint8, to where torchvision.datasets.MNIST(root) reads them."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, (images, labels) in {"train": train, "t10k": test}.items():
        write_idx(folder / f"{name}-images-idx3-ubyte", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", labels)
