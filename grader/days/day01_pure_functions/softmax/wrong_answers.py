"""Plausible mistakes in softmax; each must be caught by the check named above it."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by


@caught_by("correct", "survives_huge_logits")
def softmax__without_shift(x, axis=-1):
    """Exponentiates raw logits, so that large ones overflow."""
    weights = jnp.exp(x)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "survives_huge_logits")
def softmax__clipped_logits(x, axis=-1):
    """Avoids the overflow by clipping, and so makes different logits equal."""
    weights = jnp.exp(jnp.clip(x, -80, 80))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "survives_huge_logits")
def softmax__shifted_by_the_mean(x, axis=-1):
    """Subtracts the mean: the largest logit may still be thousands above it."""
    weights = jnp.exp(x - jnp.mean(x, axis=axis, keepdims=True))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "survives_huge_logits")
def softmax__maximum_added_back(x, axis=-1):
    """Forms log-sum-exp in full: next to a logit of 10000 its last digits are gone."""
    largest = jnp.max(x, axis=axis, keepdims=True)
    log_sum = largest + jnp.log(jnp.sum(jnp.exp(x - largest), axis=axis, keepdims=True))
    return jnp.exp(x - log_sum)


@caught_by("correct", "shifts_each_row_by_its_own_maximum")
def softmax__shifted_by_the_global_maximum(x, axis=-1):
    """One shift for all rows: a row far below it underflows to 0 / 0."""
    weights = jnp.exp(x - jnp.max(x))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "follows_the_axis")
def softmax__ignores_axis(x, axis=-1):
    """Always works along the last axis."""
    weights = jnp.exp(x - jnp.max(x, axis=-1, keepdims=True))
    return weights / jnp.sum(weights, axis=-1, keepdims=True)


@caught_by("correct", "follows_the_axis")
def softmax__without_keepdims(x, axis=-1):
    """Reduces the axis away, so that the rows no longer line up."""
    weights = jnp.exp(x - jnp.max(x))
    return weights / jnp.sum(weights, axis=axis)


@caught_by("correct", "follows_the_axis")
def softmax__over_everything(x, axis=-1):
    """Makes the whole array sum to 1."""
    weights = jnp.exp(x - jnp.max(x))
    return weights / jnp.sum(weights)


@caught_by("correct", "keeps_to_its_rules")
def softmax__from_the_library(x, axis=-1):
    """Calls the function that it should write."""
    return jax.nn.softmax(x, axis=axis)


@caught_by("jit", "compiles_once")
def softmax__shifts_only_when_needed(x, axis=-1):
    """Looks at the values to decide whether a shift is needed."""
    if jnp.max(jnp.abs(x)) > 80:
        x = x - jnp.max(x, axis=axis, keepdims=True)
    weights = jnp.exp(x)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("jit", "compiles_once")
def softmax__numpy_maximum(x, axis=-1):
    """Takes the maximum with NumPy, which cannot see a tracer."""
    weights = jnp.exp(x - np.max(np.asarray(x), axis=axis, keepdims=True))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "keeps_small_probabilities")
def softmax__differences_clipped(x, axis=-1):
    """Clips the differences at -15: what should vanish stays at 3e-7."""
    weights = jnp.exp(jnp.maximum(x - x.max(axis, keepdims=True), -15))
    return weights / weights.sum(axis, keepdims=True)


@caught_by("correct", "keeps_small_probabilities")
def softmax__epsilon_in_the_sum(x, axis=-1):
    """Adds a small number to every weight, against a 0 that cannot come."""
    weights = jnp.exp(x - x.max(axis, keepdims=True)) + 1e-9
    return weights / weights.sum(axis, keepdims=True)


@caught_by("correct", "keeps_to_its_rules")
def softmax__from_the_library_by_name(x, axis=-1):
    """Calls the function that it should write, by its name in JAX's own rooms."""
    return importlib.import_module("jax._src." + "nn.functions").softmax(x, axis)


@caught_by("correct", "keeps_to_its_rules")
def softmax__logsumexp_by_name(x, axis=-1):
    """Leaves the sum to jax.scipy, whose name it puts together."""
    logsumexp = vars(jax)["sci" + "py"].special.logsumexp
    shifted = x - x.max(axis, keepdims=True)
    return jnp.exp(shifted - logsumexp(shifted, axis=axis, keepdims=True))


@caught_by("deeper", "in_many_cases")
def softmax__minus_one_is_padding(x, axis=-1):
    """Leaves out what equals -1, as if it stood for no logit."""
    x = jnp.where(x == -1, -jnp.inf, x)
    largest = jnp.maximum(jnp.max(x, axis=axis, keepdims=True), -1e30)
    weights = jnp.exp(x - largest)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)
