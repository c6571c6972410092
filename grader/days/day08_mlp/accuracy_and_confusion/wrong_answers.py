"""Plausible mistakes in accuracy_and_confusion; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by

# accuracy_and_confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__transposed(logits, labels, n_classes):
    """Puts choices into rows."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[choices, rows].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__set_instead_of_add(logits, labels, n_classes):
    """Writes a 1 where it should add one."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].set(1, mode="drop")
    return jnp.sum(choices == labels) / jnp.maximum(jnp.sum(labels >= 0), 1), confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__float_counts(logits, labels, n_classes):
    """Counts in floats."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes)).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "by_hand")
def accuracy_and_confusion__shares_of_classes(logits, labels, n_classes):
    """Divides by the number of classes."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.float32(n_classes), confusion


@caught_by("correct", "breaks_ties")
def accuracy_and_confusion__all_of_the_largest(logits, labels, n_classes):
    """Takes each class that reaches the maximum for a choice."""
    chosen = (logits == logits.max(axis=-1, keepdims=True)).astype(int)
    actual = (labels[:, None] == jnp.arange(n_classes)).astype(int)
    confusion = actual.T @ chosen
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "breaks_ties")
def accuracy_and_confusion__last_of_the_largest(logits, labels, n_classes):
    """Sorts, and takes the last."""
    choices = jnp.argsort(logits, axis=-1)[:, -1]
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "leaves_padding_out")
def accuracy_and_confusion__padding_is_the_last_class(logits, labels, n_classes):
    """Lets -1 wrap to the last row."""
    choices = jnp.argmax(logits, axis=-1)
    confusion = jnp.zeros((n_classes, n_classes), int).at[labels, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("correct", "leaves_padding_out")
def accuracy_and_confusion__divides_by_all(logits, labels, n_classes):
    """Divides by the number of rows, padding included."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.mean(choices == labels), confusion


@caught_by("correct", "of_padding_alone")
def accuracy_and_confusion__zero_by_zero(logits, labels, n_classes):
    """Divides 0 by 0 when nothing counts."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.sum(confusion), confusion


@caught_by("jit", "has_no_python_loop")
def accuracy_and_confusion__takes_padding_out(logits, labels, n_classes):
    """Selects the examples that count by a mask, so that their number depends on data."""
    logits, labels = logits[labels >= 0], labels[labels >= 0]
    confusion = jnp.zeros((n_classes, n_classes), int).at[labels, jnp.argmax(logits, axis=-1)].add(1)
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("jit", "has_no_python_loop")
def accuracy_and_confusion__branches_on_the_count(logits, labels, n_classes):
    """Handles padding alone by a Python branch."""
    choices = jnp.argmax(logits, axis=-1)
    rows = jnp.where(labels < 0, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), int).at[rows, choices].add(1, mode="drop")
    total = jnp.sum(confusion)
    return (jnp.trace(confusion) / total if total > 0 else jnp.zeros(())), confusion


@caught_by("jit", "has_no_python_loop")
def accuracy_and_confusion__example_by_example(logits, labels, n_classes):
    """Counts one example at a time."""
    choices = jnp.argmax(logits, axis=-1)
    confusion = jnp.zeros((n_classes, n_classes), int)
    for i in range(len(labels)):
        confusion = confusion.at[labels[i], choices[i]].add(jnp.where(labels[i] >= 0, 1, 0))
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("jit", "has_no_python_loop")
def accuracy_and_confusion__class_by_class(logits, labels, n_classes):
    """Counts one pair of classes at a time."""
    choices = jnp.argmax(logits, axis=-1)
    rows = [
        jnp.stack([jnp.sum((labels == t) & (choices == c)) for c in range(n_classes)])
        for t in range(n_classes)
    ]
    confusion = jnp.stack(rows)
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("jit", "compiles_once")
def accuracy_and_confusion__eight_bits(logits, labels, n_classes):
    """Counts in int8, up to 127."""
    rows = jnp.where(labels == -1, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), jnp.int8).at[rows, logits.argmax(-1)].add(1, mode="drop")
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion


@caught_by("deeper", "of_many")
def accuracy_and_confusion__sixteen_bits(logits, labels, n_classes):
    """Counts in uint16, up to 65535."""
    rows = jnp.where(labels == -1, n_classes, labels)
    confusion = jnp.zeros((n_classes, n_classes), jnp.uint16).at[rows, logits.argmax(-1)].add(1, mode="drop")
    confusion = confusion.astype(int)
    return jnp.trace(confusion) / jnp.maximum(jnp.sum(confusion), 1), confusion
