"""The data of day 14: digits as they come with scikit-learn, and files in MNIST's own format."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from grader.datasets.vision import torchvision_parts
from grader.toolkit import digits, write_mnist
from grader.toolkit.idx_files import write_idx


def test_the_digits_are_those_of_scikit_learn() -> None:
    images, labels = digits()
    assert images.shape == (1797, 8, 8)
    assert images.dtype == np.uint8
    assert images.max() == 16
    assert labels.dtype == np.int32
    assert labels[:10].tolist() == list(range(10))
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_an_idx_file_has_sizes_and_numbers_in_the_order_of_the_format(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.uint8).reshape(2, 3, 2)
    write_idx(tmp_path / "file", array)
    data = (tmp_path / "file").read_bytes()
    # 2051 is the number that images of MNIST begin with: http://yann.lecun.com/exdb/mnist
    assert struct.unpack(">IIII", data[:16]) == (2051, 2, 3, 2)
    assert data[16:] == bytes(range(12))


def test_an_idx_file_of_floats_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="float32"):
        write_idx(tmp_path / "file", np.zeros(3, np.float32))


def test_torchvision_reads_what_is_written(tmp_path: Path) -> None:
    (datasets,) = torchvision_parts("torchvision.datasets")
    images, labels = digits()
    first, second = (images[:7], labels[:7].astype(np.uint8)), (images[7:9], labels[7:9].astype(np.uint8))
    write_mnist(tmp_path, first, second)
    for train, (kept, numbers) in ((True, first), (False, second)):
        data = datasets.MNIST(str(tmp_path), train=train, download=False)
        assert np.array_equal(data.data.numpy(), kept)
        assert data.targets.tolist() == numbers.tolist()
