"""Plausible mistakes in histogram; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# histogram


@caught_by("correct", "counts_duplicates")
def histogram__duplicates_once(indices, n_bins):
    """Reads, adds and sets: two equal indices count once."""
    inside = jnp.where(indices < 0, n_bins, indices)
    counts = jnp.zeros(n_bins, int)
    return counts.at[inside].set(counts.at[inside].get(mode="clip") + 1, mode="drop")


@caught_by("correct", "drops_negatives")
def histogram__negatives_wrap(indices, n_bins):
    """Trusts `mode="drop"` with negative indices too."""
    return jnp.zeros(n_bins, int).at[indices].add(1, mode="drop")


@caught_by("correct", "drops_what_is_too_large")
def histogram__clipped(indices, n_bins):
    """Piles up what is out of range in the outer bins."""
    return jnp.zeros(n_bins, int).at[jnp.clip(indices, 0, n_bins - 1)].add(1)


@caught_by("correct", "drops_what_is_too_large")
def histogram__modulo(indices, n_bins):
    """Wraps what is out of range around."""
    return jnp.zeros(n_bins, int).at[indices % n_bins].add(1)


@caught_by("correct", "drops_negatives")
def histogram__only_minus_one(indices, n_bins):
    """Drops -1 and lets the other negatives wrap."""
    return jnp.zeros(n_bins, int).at[jnp.where(indices == -1, n_bins, indices)].add(1)


@caught_by("correct", "by_hand")
def histogram__float_counts(indices, n_bins):
    """Counts in floats."""
    return jnp.zeros(n_bins).at[indices].add(1.0, wrap_negative_indices=False)


@caught_by("correct", "by_hand")
@jax.jit
def histogram__jit_without_static(indices, n_bins):
    """Compiles it and forgets that a traced number can be no shape."""
    return jnp.zeros(n_bins, int).at[indices].add(1, wrap_negative_indices=False)


@caught_by("correct", "uses_no_shortcut")
def histogram__segment_sum(indices, n_bins):
    """Leaves the work to `jax.ops`."""
    return jax.ops.segment_sum(jnp.ones_like(indices), indices, n_bins)


@caught_by("correct", "uses_no_shortcut")
def histogram__bincount(indices, n_bins):
    """Repairs what `jnp.bincount` does to negatives, but still leaves it the work."""
    return jnp.bincount(jnp.where(indices < 0, n_bins, indices), length=n_bins)


@caught_by("jit", "compiles_once")
def histogram__filters_first(indices, n_bins):
    """Selects the valid indices: how many there are depends on the data."""
    inside = indices[(indices >= 0) & (indices < n_bins)]
    return jnp.zeros(n_bins, int).at[inside].add(1)


@caught_by("speed", "beats_the_loop")
def histogram__python_loop(indices, n_bins):
    """Adds one index at a time."""
    counts = jnp.zeros(n_bins, int)
    for k in range(len(indices)):
        counts = counts.at[indices[k]].add(1, wrap_negative_indices=False)
    return counts


@caught_by("speed", "beats_the_loop")
def histogram__bin_by_bin(indices, n_bins):
    """Asks for each bin who named it."""
    return jnp.array([jnp.sum(indices == b) for b in range(n_bins)])


@caught_by("deeper", "counts_past_16_bits")
def histogram__bfloat16_counts(indices, n_bins):
    """Counts in bfloat16, where 256 + 1 is 256."""
    counts = jnp.zeros(n_bins, jnp.bfloat16).at[indices].add(1, mode="drop", wrap_negative_indices=False)
    return counts.astype(int)


@caught_by("deeper", "counts_past_16_bits")
def histogram__short_counts(indices, n_bins):
    """Counts in uint16 to save memory, and begins again at 65,536."""
    counts = jnp.zeros(n_bins, jnp.uint16).at[indices].add(1, mode="drop", wrap_negative_indices=False)
    return counts.astype(int)


@caught_by("jit", "compiles_once")
def histogram__promises_order(indices, n_bins):
    """Promises sorted indices, which is not so: on a GPU that gives other counts."""
    counts = jnp.zeros(n_bins, int).at[indices]
    return counts.add(1, mode="drop", wrap_negative_indices=False, indices_are_sorted=True)


@caught_by("correct", "uses_no_shortcut")
def histogram__bincount_by_another_name(indices, n_bins):
    """Leaves the work to `jnp.bincount`, and spells its name in two parts."""
    count = getattr(jnp, "bin" + "count")
    return count(jnp.where(indices < 0, n_bins, indices), length=n_bins + 1)[:n_bins]


@caught_by("deeper", "in_many_cases")
def histogram__in_the_dtype_of_the_indices(indices, n_bins):
    """Counts in the indices' own dtype, where int8 ends at 127."""
    return jnp.zeros(n_bins, indices.dtype).at[indices].add(1, mode="drop", wrap_negative_indices=False)
