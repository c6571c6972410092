"""Other honest ways to write one_hot; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# one_hot


def one_hot__past_the_end(labels, n_classes):
    """Sends negative labels past the end."""
    rows = jnp.arange(labels.shape[0])
    columns = jnp.where(labels < 0, n_classes, labels)
    return jnp.zeros((labels.shape[0], n_classes), jnp.float32).at[rows, columns].set(1.0)


def one_hot__one_label_at_a_time(labels, n_classes):
    """Lifts the row of one label."""

    def row(label):
        return jnp.zeros(n_classes).at[label].add(1.0, wrap_negative_indices=False)

    return jax.vmap(row)(labels)


def one_hot__spare_column(labels, n_classes):
    """Collects what is out of range in a column of its own and cuts it off."""
    columns = jnp.where((labels >= 0) & (labels < n_classes), labels, n_classes)
    wide = jnp.zeros((len(labels), n_classes + 1))
    return wide.at[jnp.arange(len(labels)), columns].set(1)[:, :n_classes]


def one_hot__writes_a_mask(labels, n_classes):
    """Writes 1 where the label counts and 0 where it does not."""
    inside = (labels >= 0) & (labels < n_classes)
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[jnp.arange(len(labels)), jnp.where(inside, labels, 0)].set(inside)


def one_hot__flat(labels, n_classes):
    """Numbers the cells through and writes into a flat array."""
    inside = (labels >= 0) & (labels < n_classes)
    n_cells = len(labels) * n_classes
    places = jnp.where(inside, jnp.arange(len(labels)) * n_classes + labels, n_cells)
    return jnp.zeros(n_cells).at[places].set(1.0, mode="drop").reshape(len(labels), n_classes)


def one_hot__fori_loop(labels, n_classes):
    """Writes one label at a time, in a compiled loop."""

    def write(k, out):
        return out.at[k, jnp.where(labels[k] < 0, n_classes, labels[k])].set(1.0)

    return lax.fori_loop(0, len(labels), write, jnp.zeros((len(labels), n_classes)))
