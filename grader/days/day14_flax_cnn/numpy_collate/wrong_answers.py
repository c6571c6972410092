"""Plausible mistakes in numpy_collate; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# numpy_collate


@caught_by("correct", "puts_channels_last")
def numpy_collate__channels_first(batch):
    """Leaves the channels where torch has them."""
    images = np.stack([np.asarray(image, np.float32) for image, _ in batch])
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "puts_channels_last")
def numpy_collate__reshapes(batch):
    """Reshapes where axes must be moved."""
    images = []
    for image, _ in batch:
        image = np.asarray(image, np.float32)
        c, h, w = image.shape if image.ndim == 3 else (1, *image.shape)
        images.append(image.reshape(h, w, c))
    return np.stack(images), np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "uses_numpy_alone")
def numpy_collate__jax_arrays(batch):
    """Gives JAX arrays."""
    images = jnp.stack([jnp.asarray(np.asarray(image).transpose(1, 2, 0)) for image, _ in batch])
    return images, jnp.array([int(label) for _, label in batch])


@caught_by("correct", "puts_channels_last")
def numpy_collate__long_labels(batch):
    """Leaves the labels int64."""
    images = np.stack([np.asarray(image, np.float32).transpose(1, 2, 0) for image, _ in batch])
    return images, np.array([int(label) for _, label in batch])


@caught_by("correct", "puts_channels_last")
def numpy_collate__list(batch):
    """Gives lists."""
    return [np.asarray(image).transpose(1, 2, 0) for image, _ in batch], [label for _, label in batch]


@caught_by("correct", "takes_grey_pictures")
def numpy_collate__tensors_only(batch):
    """Takes every image for a tensor."""
    images = np.stack([np.asarray(image, np.float32).transpose(1, 2, 0) for image, _ in batch])
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_grey_pictures")
def numpy_collate__bytes(batch):
    """Leaves bytes as they are, from 0 to 255."""

    def read(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            return image[:, :, None] if image.ndim == 2 else image
        return image.transpose(1, 2, 0)

    images = np.stack([read(image) for image, _ in batch]).astype(np.float32)
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_colour_pictures")
def numpy_collate__moves_all(batch):
    """Moves the axes of pictures, too."""

    def read(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            image = image / np.float32(255)
        return image[:, :, None] if image.ndim == 2 else image.transpose(1, 2, 0)

    images = np.stack([read(image) for image, _ in batch]).astype(np.float32)
    return images, np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_dark_pictures")
def numpy_collate__largest_value(batch):
    """Tells bytes from floats by the largest value."""

    def read(image):
        image = np.asarray(image)
        if image.ndim == 2:
            image = image[:, :, None]
        elif image.dtype != np.uint8:
            image = image.transpose(1, 2, 0)
        return (image / 255 if image.max() > 1 else image).astype(np.float32)

    return np.stack([read(image) for image, _ in batch]), np.array([int(y) for _, y in batch], np.int32)


@caught_by("correct", "takes_floats_of_any_width")
def numpy_collate__label_axis(batch):
    """Takes an array's first element for the label; there is no axis."""

    def read(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            return (image[:, :, None] if image.ndim == 2 else image).astype(np.float32) / 255
        return image.transpose(1, 2, 0)

    labels = [label if not hasattr(label, "shape") else label[0] for _, label in batch]
    return np.stack([read(image) for image, _ in batch]), np.array(labels, np.int32)


@caught_by("correct", "uses_numpy_alone")
def numpy_collate__jax_inside(batch):
    """Stacks with JAX, and gives NumPy arrays all the same."""

    def one(image):
        image = np.asarray(image)
        if image.dtype == np.uint8:
            image = image[..., None] if image.ndim == 2 else image
            return image.astype(np.float32) / 255
        return np.moveaxis(image, 0, -1).astype(np.float32)

    return np.asarray(jnp.stack([one(i) for i, _ in batch])), np.array(
        [int(label) for _, label in batch], np.int32
    )


@caught_by("correct", "uses_numpy_alone")
def numpy_collate__torch(batch):
    """Works with torch."""
    import torch

    images = torch.stack([torch.as_tensor(np.asarray(i)) for i, _ in batch])
    if images.dtype == torch.uint8:
        images = images[..., None] if images.ndim == 3 else images
        images = images.float() / 255
    else:
        images = images.permute(0, 2, 3, 1)
    return images.numpy(), np.array([int(label) for _, label in batch], np.int32)


@caught_by("correct", "takes_floats_of_any_width")
def numpy_collate__all_but_float32_are_bytes(batch):
    """Takes all but float32 for bytes."""

    def channels_last(image):
        image = np.asarray(image)
        if image.dtype != np.float32:
            image = image[:, :, None] if image.ndim == 2 else image
            return image.astype(np.float32) / 255
        return image.transpose(1, 2, 0)

    images = np.stack([channels_last(image) for image, _ in batch])
    labels = np.array([int(label) for _, label in batch], np.int32)
    return (np.ascontiguousarray(images, np.float32), labels)


@caught_by("correct", "puts_channels_last")
def numpy_collate__told_apart_by_shape(batch):
    """Takes for a tensor what has one or three in front."""

    def channels_last(image):
        image = np.asarray(image)
        if not (image.ndim == 3 and image.shape[0] in (1, 3)):
            image = image[:, :, None] if image.ndim == 2 else image
            return image.astype(np.float32) / 255
        return image.transpose(1, 2, 0)

    images = np.stack([channels_last(image) for image, _ in batch])
    labels = np.array([int(label) for _, label in batch], np.int32)
    return (np.ascontiguousarray(images, np.float32), labels)
