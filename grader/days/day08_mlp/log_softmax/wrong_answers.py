"""Plausible mistakes in log_softmax; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# log_softmax


@caught_by("correct", "survives_huge_logits")
def log_softmax__as_written(logits):
    """Exponentiates the logits as they are."""
    return logits - jnp.log(jnp.sum(jnp.exp(logits), axis=-1, keepdims=True))


@caught_by("correct", "survives_huge_logits")
def log_softmax__log_of_a_stable_softmax(logits):
    """Takes the logarithm of probabilities that have become 0."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    return jnp.log(weights / jnp.sum(weights, axis=-1, keepdims=True))


@caught_by("correct", "survives_huge_logits")
def log_softmax__clipped(logits):
    """Keeps probabilities away from 0."""
    weights = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
    return jnp.log(jnp.clip(weights / jnp.sum(weights, axis=-1, keepdims=True), 1e-30))


@caught_by("correct", "goes_along_the_last_axis")
def log_softmax__first_axis(logits):
    """Sums over the examples."""
    shifted = logits - jnp.max(logits, axis=0)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=0))


@caught_by("correct", "goes_along_the_last_axis")
def log_softmax__second_axis(logits):
    """Knows one batch axis at most."""
    axis = min(logits.ndim - 1, 1)
    shifted = logits - jnp.max(logits, axis=axis, keepdims=True)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=axis, keepdims=True))


@caught_by("correct", "scales_each_row")
def log_softmax__one_maximum_for_all(logits):
    """Subtracts the largest logit of the whole batch."""
    shifted = logits - jnp.max(logits)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


@caught_by("correct", "keeps_its_digits")
def log_softmax__adds_the_maximum_back(logits):
    """Forms the logarithm of the sum, maximum included, and subtracts it."""
    top = jnp.max(logits, axis=-1, keepdims=True)
    return logits - (top + jnp.log(jnp.sum(jnp.exp(logits - top), axis=-1, keepdims=True)))


@caught_by("correct", "takes_an_impossible_class")
def log_softmax__raises_the_lowest(logits):
    """Clips the shifted logits, so that an impossible class becomes possible."""
    shifted = jnp.maximum(logits - jnp.max(logits, axis=-1, keepdims=True), -1e5)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


@caught_by("correct", "uses_no_shortcut")
def log_softmax__by_library(logits):
    """Asks jax.nn."""
    return jax.nn.log_softmax(logits)


@caught_by("correct", "uses_no_shortcut")
def log_softmax__logsumexp(logits):
    """Asks jax.scipy for the hard half."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - jax.scipy.special.logsumexp(shifted, axis=-1, keepdims=True)


@caught_by("correct", "gradient")
def log_softmax__stops_the_shift(logits):
    """Stops the gradient at the shifted logits, not at the maximum."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    return shifted - lax.stop_gradient(jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True)))


@caught_by("correct", "gradient")
def log_softmax__one_for_the_largest(logits):
    """Writes 1 for the largest exponential, and with two of them the slopes are wrong."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    others = jnp.sort(shifted, axis=-1)[..., :-1]
    return shifted - jnp.log1p(jnp.sum(jnp.exp(others), axis=-1, keepdims=True))


@caught_by("jit", "compiles_once")
def log_softmax__shifts_when_needed(logits):
    """Shifts only when the logits are large."""
    if jnp.max(jnp.abs(logits)) > 50:
        logits = logits - jnp.max(logits, axis=-1, keepdims=True)
    else:
        logits = logits - 0.0
    return logits - jnp.log(jnp.sum(jnp.exp(logits), axis=-1, keepdims=True))


@caught_by("deeper", "in_many_cases")
def log_softmax__floor(logits):
    """Lets nothing fall below -1e7."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    out = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
    return jnp.where(jnp.isneginf(out), out, jnp.maximum(out, -1e7))


@caught_by("deeper", "takes_distant_logits")
def log_softmax__floor12(logits):
    """Lets nothing fall below -1e12, which stands for no chance."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)
    shifted = jnp.where(jnp.isneginf(shifted), shifted, jnp.maximum(shifted, -1e12))
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))
