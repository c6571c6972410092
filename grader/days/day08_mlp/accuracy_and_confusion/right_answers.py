"""Other honest ways to write accuracy_and_confusion; each must pass every check."""

import jax
import jax.numpy as jnp

# accuracy_and_confusion


def accuracy_and_confusion__one_hot_product(logits, labels, n_classes):
    """Multiplies one-hot rows."""
    choices = jnp.argmax(logits, axis=1)
    classes = jnp.arange(n_classes)
    actual = (labels[:, None] == classes).astype(jnp.int32)
    chosen = (choices[:, None] == classes).astype(jnp.int32)
    counted = (labels >= 0).sum()
    right = ((choices == labels) & (labels >= 0)).sum()
    return jnp.where(counted > 0, right / jnp.maximum(counted, 1), 0.0), actual.T @ chosen


def accuracy_and_confusion__bincount(logits, labels, n_classes):
    """Numbers the cells through and counts them."""
    cells = labels * n_classes + jnp.argmax(logits, axis=-1)
    cells = jnp.where(labels < 0, n_classes**2, cells)
    counts = jnp.bincount(cells, length=n_classes**2 + 1)[:-1]
    confusion = counts.reshape(n_classes, n_classes)
    right, total = jnp.diagonal(confusion).sum(), confusion.sum()
    return jnp.nan_to_num(right / total), confusion


def accuracy_and_confusion__weighted_scatter(logits, labels, n_classes):
    """Lets padding add 0."""
    counts = (labels != -1).astype(jnp.int32)
    choices = logits.argmax(axis=-1)
    confusion = jnp.zeros((n_classes, n_classes), jnp.int32).at[labels, choices].add(counts)
    accuracy = jnp.sum(counts * (choices == labels)) / jnp.maximum(counts.sum(), 1)
    return accuracy, confusion


def accuracy_and_confusion__one_pair_lifted(logits, labels, n_classes):
    """Lifts the count of one pair of classes."""
    choices = jnp.argmax(logits, axis=-1)

    def count(label, choice):
        return jnp.sum((labels == label) & (choices == choice))

    classes = jnp.arange(n_classes)
    confusion = jax.vmap(jax.vmap(count, (None, 0)), (0, None))(classes, classes)
    return jnp.trace(confusion) / jnp.clip(confusion.sum(), 1), confusion


def accuracy_and_confusion__segment_sum(logits, labels, n_classes):
    """Sums one-hot choices by label, with a segment more for padding."""
    chosen = (jnp.argmax(logits, axis=-1)[:, None] == jnp.arange(n_classes)).astype(int)
    segments = jnp.where(labels < 0, n_classes, labels)
    confusion = jax.ops.segment_sum(chosen, segments, num_segments=n_classes + 1)[:n_classes]
    total = confusion.sum()
    return jnp.where(
        total == 0, 0.0, jnp.diagonal(confusion).sum() / jnp.where(total == 0, 1, total)
    ), confusion


def accuracy_and_confusion__one_row_more(logits, labels, n_classes):
    """Lets -1 mean the last of n_classes + 1 rows, and cuts that row off."""
    choices = jnp.argmax(logits, axis=1)
    wide = jnp.zeros((n_classes + 1, n_classes), jnp.int32).at[labels, choices].add(1)
    counts = labels != -1
    accuracy = jnp.sum(jnp.where(counts, choices == labels, False)) / jnp.maximum(jnp.sum(counts), 1)
    return accuracy.astype(jnp.float32), wide[:-1]
