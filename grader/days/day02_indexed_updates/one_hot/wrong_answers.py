"""Plausible mistakes in one_hot; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by

# one_hot


@caught_by("correct", "gives_zeros_for_minus_one")
def one_hot__identity_rows(labels, n_classes):
    """Reads rows of the identity; row -1 is its last."""
    return jnp.eye(n_classes)[labels]


@caught_by("correct", "gives_zeros_for_minus_one")
def one_hot__negatives_wrap(labels, n_classes):
    """Drops labels that are too large and lets -1 wrap."""
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[jnp.arange(len(labels)), labels].set(1, mode="drop")


@caught_by("correct", "by_hand")
def one_hot__whole_columns(labels, n_classes):
    """Writes every label's column in every row."""
    return jnp.zeros((len(labels), n_classes)).at[:, labels].set(1)


@caught_by("correct", "by_hand")
def one_hot__integers(labels, n_classes):
    """Gives integers."""
    zeros = jnp.zeros((len(labels), n_classes), int)
    return zeros.at[jnp.arange(len(labels)), labels].set(1, wrap_negative_indices=False)


@caught_by("correct", "gives_zeros_out_of_range")
def one_hot__only_minus_one(labels, n_classes):
    """Knows -1 and no other label out of range."""
    columns = jnp.where(labels == -1, n_classes, labels)
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[jnp.arange(len(labels)), columns].set(1)


@caught_by("correct", "gives_zeros_out_of_range")
def one_hot__spills_over(labels, n_classes):
    """Numbers the cells through, so that a label too large lands in the next row."""
    places = jnp.arange(len(labels)) * n_classes + labels
    places = jnp.where(labels < 0, len(labels) * n_classes, places)
    return jnp.zeros(len(labels) * n_classes).at[places].set(1).reshape(-1, n_classes)


@caught_by("jit", "writes_by_scatter")
def one_hot__comparison(labels, n_classes):
    """Compares with every class, which the rules rule out."""
    return (labels[:, None] == jnp.arange(n_classes)).astype(jnp.float32)


@caught_by("jit", "compiles_once")
def one_hot__selects_rows(labels, n_classes):
    """Looks for the rows to write: how many there are depends on the data."""
    rows = jnp.nonzero((labels >= 0) & (labels < n_classes))[0]
    return jnp.zeros((len(labels), n_classes)).at[rows, labels[rows]].set(1)


@caught_by("jit", "has_no_python_loop")
def one_hot__row_by_row(labels, n_classes):
    """Writes one row at a time."""
    out = jnp.zeros((len(labels), n_classes))
    for k in range(len(labels)):
        out = out.at[k, labels[k]].set(1, wrap_negative_indices=False)
    return out


@caught_by("jit", "writes_by_scatter")
def one_hot__rows_of_a_diagonal(labels, n_classes):
    """Writes an identity matrix and reads its rows: the labels are read with, not written at."""
    diagonal = jnp.arange(n_classes)
    identity = jnp.zeros((n_classes, n_classes)).at[diagonal, diagonal].set(1)
    return identity.at[jnp.where(labels < 0, n_classes, labels)].get(mode="fill", fill_value=0)


@caught_by("jit", "writes_by_scatter")
def one_hot__writes_for_show(labels, n_classes):
    """Compares with every class, and writes a zero somewhere to have written."""
    difference = labels[:, None] - jnp.arange(n_classes)
    rows = jnp.arange(len(labels))
    zeros = jnp.zeros((len(labels), n_classes)).at[rows, rows % n_classes].set(0)
    return zeros + jnp.where(difference.astype(bool), 0.0, 1.0)
