"""Plausible mistakes in masked_mean; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by


@caught_by("correct", "by_hand")
def masked_mean__divides_by_n(x, mask):
    """Averages over all entries, the zeroed ones too."""
    return jnp.mean(jnp.where(mask, x, 0))


@caught_by("correct", "ignores_what_is_masked_out")
def masked_mean__multiplies_by_the_mask(x, mask):
    """0 times NaN is NaN."""
    weight = mask.astype(x.dtype)
    return jnp.sum(x * weight) / jnp.maximum(jnp.sum(weight), 1)


@caught_by("correct", "ignores_it_operation_by_operation")
def masked_mean__multiplies_by_booleans(x, mask):
    """Right as long as the compiler makes a choice of the product."""
    return jnp.sum(x * mask) / jnp.maximum(jnp.sum(mask), 1)


@caught_by("correct", "is_zero_for_an_empty_mask")
def masked_mean__nothing_over_nothing(x, mask):
    """Forgets that the count may be 0."""
    return jnp.mean(x, where=mask)


@caught_by("correct", "is_zero_for_an_empty_mask")
def masked_mean__falls_back_to_the_mean(x, mask):
    """Averages everything when the mask is empty."""
    return jnp.where(mask.any(), jnp.mean(x, where=mask), jnp.mean(x))


@caught_by("correct", "keeps_a_nan_that_counts")
def masked_mean__hides_nan(x, mask):
    """Turns every NaN into 0, also one that is in the data."""
    return jnp.nan_to_num(jnp.mean(x, where=mask))


@caught_by("correct", "counts_zeros")
def masked_mean__skips_zeros(x, mask):
    """Takes an entry of 0 for one that is masked out."""
    kept = jnp.where(mask, x, 0)
    return jnp.sum(kept) / jnp.maximum(jnp.count_nonzero(kept), 1)


@caught_by("jit", "compiles_once")
def masked_mean__boolean_index(x, mask):
    """Cuts the entries out: the shape depends on the mask."""
    return jnp.sum(x[mask]) / jnp.maximum(jnp.sum(mask), 1)


@caught_by("jit", "compiles_once")
def masked_mean__asks_the_mask(x, mask):
    """Branches in Python on a value."""
    if not mask.any():
        return jnp.zeros((), x.dtype)
    return jnp.mean(x, where=mask)


@caught_by("correct", "keeps_a_nan_that_counts")
def masked_mean__largest_float_for_infinity(x, mask):
    """Repairs everything that is not finite, and puts only NaN back."""
    mean = (jnp.nan_to_num(x) * mask).sum() / jnp.maximum(mask.sum(), 1)
    return jnp.where((jnp.isnan(x) & mask).any(), jnp.nan, mean)


@caught_by("jit", "compiles_once")
def masked_mean__counts_in_half_precision(x, mask):
    """Counts in float16, which is coarse above 2048 and ends at 65504."""
    count = mask.astype(jnp.float16).sum().astype(x.dtype)
    return jnp.where(mask, x, 0).sum() / jnp.maximum(count, 1)
