"""Other honest ways to write segment_max; each must pass every check."""

import jax
import jax.numpy as jnp

# segment_max


def segment_max__past_the_end(values, segments, n_segments):
    """Sends the negatives past the end."""
    segments = jnp.where(segments < 0, n_segments, segments)
    return jnp.full((n_segments,), -jnp.inf, dtype=values.dtype).at[segments].max(values)


def segment_max__masked_values(values, segments, n_segments):
    """Turns values that do not count into -inf and lets them land anywhere."""
    inside = (segments >= 0) & (segments < n_segments)
    values = jnp.where(inside, values, -jnp.inf)
    out = jnp.full(n_segments, -jnp.inf, values.dtype)
    return out.at[jnp.clip(segments, 0, n_segments - 1)].max(values)


def segment_max__table(values, segments, n_segments):
    """Lays values out in a table of segments, -inf where they do not belong."""
    mine = segments == jnp.arange(n_segments)[:, None]
    return jnp.where(mine, values, -jnp.inf).max(axis=1, initial=-jnp.inf)


def segment_max__one_segment_at_a_time(values, segments, n_segments):
    """Lifts the maximum of one segment."""

    def largest(s):
        return jnp.max(values, where=segments == s, initial=-jnp.inf)

    return jax.vmap(largest)(jnp.arange(n_segments))


def segment_max__sorted(values, segments, n_segments):
    """Sorts by segment, then value, and reads the last of each run."""
    order = jnp.lexsort((values, segments))
    ordered = segments[order]
    ends = jnp.searchsorted(ordered, jnp.arange(n_segments), side="right")
    starts = jnp.searchsorted(ordered, jnp.arange(n_segments))
    padded = jnp.concatenate([values[order], jnp.full(1, -jnp.inf, values.dtype)])
    return jnp.where(ends > starts, padded[jnp.maximum(ends - 1, 0)], -jnp.inf)


def segment_max__spare_segment(values, segments, n_segments):
    """Collects what is out of range in a segment of its own and cuts it off."""
    inside = (segments >= 0) & (segments < n_segments)
    out = jnp.full(n_segments + 1, -jnp.inf, values.dtype)
    return out.at[jnp.where(inside, segments, n_segments)].max(values)[:n_segments]
