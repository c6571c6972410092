"""Checks of numpy_collate."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Called,
    Learner,
    NoVision,
    Numbers,
    Unavailable,
    bans,
    check,
    digits,
    own_hint,
    torchvision_parts,
    write_mnist,
)


class Picture:
    """What a PIL image is to NumPy."""

    def __init__(self, pixels: Array) -> None:
        self._pixels = pixels

    def __repr__(self) -> str:
        return "picture"

    @property
    def __array_interface__(self) -> Any:
        return self._pixels.__array_interface__


def pixels(numbers: Numbers, shape: tuple[int, ...]) -> Array:
    return np.asarray(numbers.integers(0, 256, shape)).astype(np.uint8)


def collated(called: Called, images: Array, labels: Sequence[int], hint: str | None = None) -> None:
    """A collated batch is of these images and labels. Raises WrongAnswer."""
    for part, expected, name in (
        (called[0], images.astype(np.float32), "images"),
        (called[1], np.asarray(labels, np.int32), "labels"),
    ):
        part.require(
            part.value.shape == expected.shape,
            f"has {name} of the wrong shape",
            expected=f"{expected.shape}",
            got=f"{part.value.shape}",
            hint=hint,
        )
        part.require(
            part.value.dtype == expected.dtype,
            f"has {name} of the wrong dtype",
            expected=str(expected.dtype),
            got=str(part.value.dtype),
            hint=f"np.asarray(values, np.{expected.dtype}) says what they are to be.",
        )
        Called(part.text, jnp.asarray(part.value)).close_to(expected, hint=hint)


@check(
    "numpy_collate",
    "correct",
    hint="A data loader calls this in processes of its own, where JAX hangs, and torch need not be installed: np.asarray, "
    "np.stack, transpose and astype do it all.",
)
def test_numpy_collate_uses_numpy_alone(learner: Learner) -> None:
    bans(learner.numpy_collate, "jax", "torch", "torchvision", on=([(np.zeros((1, 3, 2), np.float32), 1)],))


@check(
    "numpy_collate",
    "correct",
    hint="ToTensor puts the channels first: (c, h, w). Flax wants them last: transpose(1, 2, 0). A reshape would keep the "
    "shape right and mix up the pixels.",
)
def test_numpy_collate_puts_channels_last(learner: Learner, numbers: Numbers) -> None:
    # Four channels, and as many rows as other images have channels: the shape does not tell which axis is which.
    tensors = [np.asarray(numbers.uniform(0.0, 1.0, (4, 3, 5))) for _ in range(2)]
    called = learner.numpy_collate([(tensors[0], 7), (tensors[1], 2)])
    collated(called, np.stack([tensor.transpose(1, 2, 0) for tensor in tensors]), [7, 2])


@check(
    "numpy_collate",
    "correct",
    hint="A float is a float, of 16, 32 or 64 bits: only uint8 means bytes. np.asarray(images, np.float32) makes one of all.",
)
def test_numpy_collate_takes_floats_of_any_width(learner: Learner, numbers: Numbers) -> None:
    for width in (np.float64, np.float16):
        tensors = [np.asarray(numbers.uniform(0.0, 1.0, (4, 3, 5))).astype(width) for _ in range(2)]
        called = learner.numpy_collate([(tensors[0], 7), (tensors[1], 70_000)])
        collated(called, np.stack([tensor.transpose(1, 2, 0) for tensor in tensors]), [7, 70_000])


@check(
    "numpy_collate",
    "correct",
    hint="Grey pictures have no axis for channels: add one at the end. Bytes go from 0 to 255: divide by 255.",
)
def test_numpy_collate_takes_grey_pictures(learner: Learner, numbers: Numbers) -> None:
    grey = [pixels(numbers, (4, 5)) for _ in range(3)]
    batch = [(Picture(picture), label) for picture, label in zip(grey, (3, 0, 9), strict=True)]
    with own_hint():
        called = learner.numpy_collate(batch)
    collated(called, np.stack(grey)[..., None] / 255, [3, 0, 9])


@check(
    "numpy_collate",
    "correct",
    hint="A colour picture of uint8 has its channels last already: (h, w, c) stays.",
)
def test_numpy_collate_takes_colour_pictures(learner: Learner, numbers: Numbers) -> None:
    # Three rows, as if they were channels.
    colour = [pixels(numbers, (3, 5, 4)) for _ in range(2)]
    called = learner.numpy_collate([(colour[0], 1), (colour[1], 1)])
    collated(called, np.stack(colour) / 255, [1, 1])


@check(
    "numpy_collate",
    "correct",
    hint="The dtype tells bytes from floats. The largest value does not: a dark picture holds only small numbers.",
)
def test_numpy_collate_takes_dark_pictures(learner: Learner) -> None:
    dark = np.eye(4, 5, dtype=np.uint8)
    collated(learner.numpy_collate([(dark, 4), (dark, 5)]), np.stack([dark, dark])[..., None] / 255, [4, 5])
    black = np.zeros((1, 5, 1), np.uint8)
    collated(learner.numpy_collate([(black, 4)]), black[None] / 255, [4])


@check("numpy_collate", "correct", hint="int(label) reads a Python int and an array of shape () alike.")
def test_numpy_collate_takes_labels_of_any_kind(learner: Learner, numbers: Numbers) -> None:
    tensor = np.asarray(numbers.uniform(0.0, 1.0, (1, 4, 5)))
    batch = [(tensor, np.array(8)), (tensor, 6), (tensor, np.array(300, np.int64)), (tensor, np.uint8(200))]
    collated(learner.numpy_collate(batch), np.stack([tensor[0]] * 4)[..., None], [8, 6, 300, 200])


@check(
    "numpy_collate",
    "correct",
    patience=3,  # importing torch takes its time
    hint="A DataLoader gives a list of (tensor, label), with tensors of shape (c, h, w): np.asarray(tensor) reads one.",
)
def test_numpy_collate_serves_a_data_loader(learner: Learner) -> None:
    handle = learner.numpy_collate
    try:
        loading, data_sets, transforms = torchvision_parts(
            "torch.utils.data", "torchvision.datasets", "torchvision.transforms"
        )
    except NoVision as reason:
        raise Unavailable(f"no DataLoader was tried: {reason}") from None
    images, labels = digits()
    # As large as MNIST's: each pixel thrice in both directions, and a border of two.
    large = np.pad(np.kron(images[:10] * 15, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    kept = (large, labels[:10].astype(np.uint8))
    with tempfile.TemporaryDirectory() as folder:
        write_mnist(Path(folder), kept, kept)
        for transform, name in ((transforms.ToTensor(), "transform=ToTensor()"), (None, "transform=None")):
            data_set = data_sets.MNIST(folder, train=True, download=False, transform=transform)
            loader = loading.DataLoader(data_set, batch_size=4, collate_fn=handle.function)
            text = f"list(DataLoader(MNIST({name}), batch_size=4, collate_fn=numpy_collate))"
            batches = handle.using(text, list, loader)
            for number, start in enumerate((0, 4, 8)):
                expected = large[start : start + 4, :, :, None] / 255
                collated(batches[number], expected, labels[start : start + 4][:10].tolist()[: len(expected)])


@check(
    "numpy_collate",
    "jit",
    hint="Batches of one size have to look alike to jit: the same shapes and dtypes, whatever the images were.",
)
def test_numpy_collate_feeds_a_compiled_step(learner: Learner, numbers: Numbers) -> None:
    tensors = [(np.asarray(numbers.uniform(0.0, 1.0, (1, 4, 5))), label) for label in (1, 2, 3)]
    pictures = [(Picture(pixels(numbers, (4, 5))), np.array(label)) for label in (4, 5, 6)]
    traces = 0

    @jax.jit
    def step(images: Any, labels: Any) -> Any:
        nonlocal traces
        traces += 1
        return images.sum() + labels.sum()

    handle = learner.numpy_collate
    for batch in (tensors, pictures):
        called = handle(batch)
        handle.using(f"a compiled step on {called.text}", step, *called.value)
    called.require(
        traces == 1,
        "is of another type than the batch before",
        expected="one trace of a step for both",
        got=f"{traces} traces",
    )
