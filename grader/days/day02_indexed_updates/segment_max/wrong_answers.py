"""Plausible mistakes in segment_max; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# segment_max


@caught_by("deeper", "of_crowded_segments")
def segment_max__byte_emptiness(values, segments, n_segments):
    """Finds empty segments by a uint8 count: a segment of exactly 256 values gives -inf."""
    to = jnp.where(segments < 0, n_segments, segments)
    members = jnp.zeros(n_segments, jnp.uint8).at[to].add(1, mode="drop")
    top = jnp.full(n_segments, -jnp.inf, values.dtype).at[to].max(values, mode="drop")
    return jnp.where(members == 0, -jnp.inf, top)


@caught_by("correct", "takes_negative_values")
def segment_max__starts_at_zero(values, segments, n_segments):
    """Starts at 0, which beats every negative value."""
    return jnp.zeros(n_segments, values.dtype).at[segments].max(values, wrap_negative_indices=False)


@caught_by("correct", "by_hand")
def segment_max__last_wins(values, segments, n_segments):
    """Sets instead of taking the maximum: one of the duplicates wins."""
    lowest = jnp.full(n_segments, -jnp.inf, values.dtype)
    return lowest.at[segments].set(values, wrap_negative_indices=False)


@caught_by("correct", "takes_negative_values")
def segment_max__lowest_finite(values, segments, n_segments):
    """Starts at the lowest finite number, and empty segments stay there."""
    lowest = jnp.full(n_segments, jnp.finfo(values.dtype).min, values.dtype)
    return lowest.at[segments].max(values, wrap_negative_indices=False)


@caught_by("correct", "drops_negatives")
def segment_max__negatives_wrap(values, segments, n_segments):
    """Lets segment -1 count as the last one."""
    return jnp.full(n_segments, -jnp.inf, values.dtype).at[segments].max(values, mode="drop")


@caught_by("correct", "drops_what_is_too_large")
def segment_max__clipped(values, segments, n_segments):
    """Moves what is out of range into the outer segments."""
    lowest = jnp.full(n_segments, -jnp.inf, values.dtype)
    return lowest.at[segments].max(values, mode="clip", wrap_negative_indices=False)


@caught_by("correct", "keeps_the_dtype")
def segment_max__default_dtype(values, segments, n_segments):
    """Starts from float32, whatever the values are."""
    lowest = jnp.full(n_segments, -jnp.inf)
    return lowest.at[segments].max(values, wrap_negative_indices=False)


@caught_by("correct", "agrees_with_a_loop")
def segment_max__needs_order(values, segments, n_segments):
    """Takes each segment for one unbroken run, as if the segments came sorted."""
    starts = jnp.searchsorted(segments, jnp.arange(n_segments))
    ends = jnp.searchsorted(segments, jnp.arange(n_segments), side="right")
    place = jnp.arange(len(values))
    inside = (place >= starts[:, None]) & (place < ends[:, None])
    return jnp.where(inside, values, -jnp.inf).max(axis=1, initial=-jnp.inf)


@caught_by("correct", "uses_no_shortcut")
def segment_max__jax_ops(values, segments, n_segments):
    """Leaves the work to `jax.ops`."""
    return jax.ops.segment_max(values, segments, n_segments)


@caught_by("jit", "compiles_once")
def segment_max__selects(values, segments, n_segments):
    """Selects each segment's values: how many there are depends on the data."""
    return jnp.stack([jnp.max(values[segments == s], initial=-jnp.inf) for s in range(n_segments)])


@caught_by("speed", "beats_the_loop")
def segment_max__python_loop(values, segments, n_segments):
    """Updates one segment at a time."""
    out = jnp.full(n_segments, -jnp.inf, values.dtype)
    for k in range(len(values)):
        out = out.at[segments[k]].max(values[k], wrap_negative_indices=False)
    return out


@caught_by("speed", "beats_the_loop")
def segment_max__segment_by_segment(values, segments, n_segments):
    """Takes one maximum a segment."""
    mine = [jnp.where(segments == s, values, -jnp.inf) for s in range(n_segments)]
    return jnp.stack([jnp.max(each, initial=-jnp.inf) for each in mine])


@caught_by("correct", "takes_negative_values")
def segment_max__low_sentinel(values, segments, n_segments):
    """Starts at -1e30 and takes what is no higher for an empty segment."""
    start = jnp.full(n_segments, -1e30, values.dtype)
    largest = start.at[segments].max(values, mode="drop", wrap_negative_indices=False)
    return jnp.where(largest <= -1e30, -jnp.inf, largest).astype(values.dtype)


@caught_by("jit", "compiles_once")
def segment_max__promises_order(values, segments, n_segments):
    """Promises sorted segments, which is not so."""
    lowest = jnp.full(n_segments, -jnp.inf, values.dtype).at[segments]
    return lowest.max(values, mode="drop", wrap_negative_indices=False, indices_are_sorted=True)


@caught_by("jit", "compiles_once")
def segment_max__promises_no_duplicates(values, segments, n_segments):
    """Promises that no segment comes twice, which is not so."""
    lowest = jnp.full(n_segments, -jnp.inf, values.dtype).at[segments]
    return lowest.max(values, mode="drop", wrap_negative_indices=False, unique_indices=True)


@caught_by("correct", "takes_negative_values")
def segment_max__lowest_number_for_empty(values, segments, n_segments):
    """Starts from -3e38 and takes that for empty, also where it is the largest value."""
    nothing = jnp.full(n_segments, -3e38, values.dtype)
    tops = nothing.at[jnp.where(segments < 0, n_segments, segments)].max(values, mode="drop")
    return jnp.where(tops <= nothing, -jnp.inf, tops)
