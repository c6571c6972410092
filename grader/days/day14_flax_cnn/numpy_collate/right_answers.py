"""Other honest ways to write numpy_collate; each must pass every check."""

import numpy as np

# numpy_collate


def numpy_collate__zip(batch):
    """Takes the pairs apart first, and moves the axis of the whole batch."""
    images, labels = zip(*batch)
    images = np.stack([np.array(image) for image in images])
    if np.issubdtype(images.dtype, np.integer):
        if images.ndim == 3:
            images = np.expand_dims(images, -1)
        images = np.divide(images, 255, dtype=np.float32)
    else:
        images = np.moveaxis(images, 1, -1).astype(np.float32)
    return images, np.stack([np.asarray(label) for label in labels]).astype(np.int32)


def numpy_collate__fills(batch):
    """Fills arrays that were made beforehand."""

    def read(image):
        pixels = np.asarray(image)
        if pixels.dtype.kind == "f":
            return np.einsum("chw->hwc", pixels)
        pixels = pixels / np.float32(255)
        return pixels.reshape(*pixels.shape[:2], -1)

    first = read(batch[0][0])
    images = np.empty((len(batch), *first.shape), np.float32)
    labels = np.empty(len(batch), np.int32)
    for row, (image, label) in enumerate(batch):
        images[row], labels[row] = read(image), int(label)
    return images, labels


def numpy_collate__first_decides(batch):
    """Asks the first image for its form, which all images of a batch have."""
    first = np.asarray(batch[0][0]).dtype

    def channels_last(image):
        image = np.asarray(image)
        if first == np.uint8:
            image = image[:, :, None] if image.ndim == 2 else image
            return image.astype(np.float32) / 255
        return image.transpose(1, 2, 0)

    images = np.stack([channels_last(image) for image, _ in batch])
    labels = np.array([int(label) for _, label in batch], np.int32)
    return (np.ascontiguousarray(images, np.float32), labels)


def numpy_collate__by_kind(batch):
    """Tells the forms apart by their kind, and joins lists at the end."""
    images, labels = [], []
    for image, label in batch:
        pixels = np.asarray(image)
        if np.issubdtype(pixels.dtype, np.floating):
            pixels = np.moveaxis(pixels, 0, 2)
        else:
            pixels = np.atleast_3d(pixels).astype(np.float32) / np.float32(255.0)
        images.append(pixels.astype(np.float32))
        labels.append(np.asarray(label).item())
    return np.array(images), np.array(labels, dtype="int32")


def numpy_collate__two_passes(batch):
    """Reads labels by fromiter, and turns the axes of all images at once."""
    pixels = [np.asarray(image) for image, _ in batch]
    labels = np.fromiter((int(label) for _, label in batch), np.int32, len(batch))
    stacked = np.stack(pixels)
    if stacked.dtype == np.uint8:
        if stacked.ndim < 4:
            stacked = stacked[..., np.newaxis]
        return np.float32(stacked) / 255, labels
    return np.transpose(stacked, (0, 2, 3, 1)).astype("f4"), labels


def numpy_collate__stack_then_convert(batch):
    """Stack first, then look at the common dtype once for all images."""
    images, labels = zip(*batch)
    stack = np.stack([np.asarray(image) for image in images])
    if stack.dtype == np.uint8:
        stack = stack.reshape(*stack.shape[:3], -1)
        stack = np.divide(stack, 255, dtype=np.float32)
    else:
        stack = np.ascontiguousarray(stack.transpose(0, 2, 3, 1), dtype=np.float32)
    return stack, np.array([np.asarray(label).item() for label in labels], dtype=np.int32)
