"""Plausible mistakes in cross_entropy; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
import optax
from grader.kata.answers import caught_by
from jax import lax

# cross_entropy


@caught_by("correct", "survives_huge_logits")
def cross_entropy__one_hot_times_inf(logits, labels):
    """Picks by multiplying with a one-hot mask, so that 0 times -inf is NaN."""
    z = logits - jnp.max(logits, axis=1, keepdims=True)
    logp = z - jnp.log(jnp.sum(jnp.exp(z), axis=1, keepdims=True))
    picked = (labels[:, None] == jnp.arange(logits.shape[1])).astype(logits.dtype)
    return -jnp.sum(picked * logp) / logits.shape[0]


@caught_by("correct", "agrees_with_a_loop")
def cross_entropy__index_in_label_dtype(logits, labels):
    """Computes flat positions in the labels' own dtype, which int8 cannot hold."""
    n, n_classes = logits.shape
    z = logits - jnp.max(logits, axis=1, keepdims=True)
    log_total = jnp.log(jnp.sum(jnp.exp(z), axis=1))
    row_starts = (jnp.arange(n) * n_classes).astype(labels.dtype)
    flat = row_starts + labels
    return jnp.mean(log_total - z.ravel()[flat])


@caught_by("correct", "by_hand")
def cross_entropy__sum(logits, labels):
    """Sums over the examples."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.sum(log_p[jnp.arange(len(labels)), labels])


@caught_by("correct", "by_hand")
def cross_entropy__mean_of_everything(logits, labels):
    """Averages over n · n_classes numbers, most of which are 0."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    hot = (labels[:, None] == jnp.arange(logits.shape[1])).astype(jnp.float32)
    return -jnp.mean(hot * log_p)


@caught_by("correct", "by_hand")
def cross_entropy__every_label_in_every_row(logits, labels):
    """Reads columns, for all rows, where it should read one entry a row."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.mean(log_p[:, labels])


@caught_by("correct", "by_hand")
def cross_entropy__without_the_sign(logits, labels):
    """Forgets the minus."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return jnp.mean(log_p[jnp.arange(len(labels)), labels])


@caught_by("correct", "by_hand")
def cross_entropy__takes_logits_for_logarithms(logits, labels):
    """Picks the logits, as if they were logarithms of probabilities already."""
    return -jnp.mean(logits[jnp.arange(len(labels)), labels])


@caught_by("correct", "survives_huge_logits")
def cross_entropy__log_of_probabilities(logits, labels):
    """Takes the logarithm of a probability that has become 0."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    p = weights / jnp.sum(weights, axis=-1, keepdims=True)
    return -jnp.mean(jnp.log(p[jnp.arange(len(labels)), labels]))


@caught_by("correct", "survives_huge_logits")
def cross_entropy__a_small_number_added(logits, labels):
    """Adds 1e-12 before the logarithm."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    p = weights / jnp.sum(weights, axis=-1, keepdims=True)
    return -jnp.mean(jnp.log(p[jnp.arange(len(labels)), labels] + 1e-12))


@caught_by("correct", "keeps_its_digits")
def cross_entropy__adds_the_maximum_back(logits, labels):
    """Forms the logarithm of the sum, maximum included."""
    top = jnp.max(logits, axis=-1, keepdims=True)
    log_sum = top[:, 0] + jnp.log(jnp.sum(jnp.exp(logits - top), axis=-1))
    return jnp.mean(log_sum - logits[jnp.arange(len(labels)), labels])


@caught_by("correct", "gradient")
def cross_entropy__stops_the_sum(logits, labels):
    """Lets no gradient through the normalisation."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_sum = lax.stop_gradient(jnp.log(jnp.sum(jnp.exp(shifted), axis=-1)))
    return jnp.mean(log_sum - shifted[jnp.arange(len(labels)), labels])


@caught_by("correct", "uses_no_shortcut")
def cross_entropy__by_optax(logits, labels):
    """Asks optax."""
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


@caught_by("correct", "survives_huge_logits")
def cross_entropy__labels_through_numpy(logits, labels):
    """Makes the one-hot rows in NumPy."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    hot = np.eye(logits.shape[1], dtype=np.float32)[np.asarray(labels)]
    return -jnp.sum(hot * log_p) / len(labels)


@caught_by("jit", "has_no_python_loop")
def cross_entropy__example_by_example(logits, labels):
    """Loops over the examples."""
    total = jnp.float32(0)
    for i in range(len(labels)):
        shifted = logits[i] - jnp.max(logits[i])
        total = total + jnp.log(jnp.sum(jnp.exp(shifted))) - shifted[labels[i]]
    return total / len(labels)


@caught_by("jit", "builds_nothing_large")
def cross_entropy__diagonal_of_a_square(logits, labels):
    """Reads every label in every row, and keeps the diagonal."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return -jnp.mean(jnp.diag(log_p[:, labels]))


@caught_by("correct", "survives_huge_logits")
def cross_entropy__bounded(logits, labels):
    """Lets no example's loss be larger than 30000."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_sum = jnp.log(jnp.sum(jnp.exp(shifted), axis=-1))
    return jnp.mean(jnp.minimum(log_sum - shifted[jnp.arange(len(labels)), labels], 30000.0))


@caught_by("deeper", "in_many_cases")
def cross_entropy__labels_down_the_columns(logits, labels):
    """Picks along the wrong axis where there are as many examples as classes."""
    z = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_p = z - jnp.log(jnp.sum(jnp.exp(z), axis=-1, keepdims=True))
    n, n_classes = logits.shape
    places = (labels, jnp.arange(n)) if n == n_classes else (jnp.arange(n), labels)
    return -jnp.mean(log_p[places])


@caught_by("deeper", "lets_nan_through")
def cross_entropy__nan_to_num(logits, labels):
    """Makes a 0 of a loss that is not a number."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    log_sum = jnp.log(jnp.sum(jnp.exp(shifted), axis=-1))
    return jnp.nan_to_num(jnp.mean(log_sum - shifted[jnp.arange(len(labels)), labels]))
