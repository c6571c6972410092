"""Plausible mistakes in safe_take; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by

# safe_take


@caught_by("correct", "fills_what_is_too_large")
def safe_take__clamped(x, indices, fill):
    """Expects JAX to notice a bad index; the read is clamped."""
    return x[indices]


@caught_by("correct", "fills_what_is_too_large")
def safe_take__off_by_one(x, indices, fill):
    """Lets n itself pass as an index."""
    inside = ((indices >= 0) & (indices <= len(x))).reshape(-1, *[1] * (x.ndim - 1))
    return jnp.where(inside, x[indices], fill).astype(x.dtype)


@caught_by("correct", "fills_negatives")
def safe_take__negatives_wrap(x, indices, fill):
    """Checks the upper end only."""
    inside = (indices < len(x)).reshape(-1, *[1] * (x.ndim - 1))
    return jnp.where(inside, x[indices], fill).astype(x.dtype)


@caught_by("correct", "fills_negatives")
def safe_take__take_with_fill(x, indices, fill):
    """Trusts the fill mode with negative indices too."""
    return jnp.take(x, indices, axis=0, mode="fill", fill_value=fill)


@caught_by("correct", "takes_items_of_any_shape")
def safe_take__vectors_only(x, indices, fill):
    """Forgets that the mask has to broadcast over the item's own axes."""
    inside = (indices >= 0) & (indices < len(x))
    return jnp.where(inside, x[indices], fill).astype(x.dtype)


@caught_by("correct", "takes_items_of_any_shape")
def safe_take__flattened(x, indices, fill):
    """Leaves out the axis, and so reads from the flattened array."""
    inside = (indices >= 0) & (indices < len(x))
    return jnp.where(inside, jnp.take(x, indices, mode="clip"), fill).astype(x.dtype)


@caught_by("correct", "keeps_nan_apart")
def safe_take__mask_times(x, indices, fill):
    """Masks by multiplication, where 0 * nan is nan."""
    inside = (indices >= 0) & (indices < len(x))
    inside = inside.reshape(-1, *[1] * (x.ndim - 1)).astype(x.dtype)
    return x[indices] * inside + fill * (1 - inside)


@caught_by("correct", "keeps_nan_apart")
def safe_take__nan_as_marker(x, indices, fill):
    """Reads NaN for what is outside, then replaces every NaN."""
    read = x.at[indices].get(mode="fill", wrap_negative_indices=False)
    return jnp.where(jnp.isnan(read), fill, read).astype(x.dtype)


@caught_by("correct", "keeps_the_dtype")
def safe_take__default_dtype(x, indices, fill):
    """Collects into a float32 array, whatever x is."""
    inside = (indices >= 0) & (indices < len(x))
    inside = inside.reshape(-1, *[1] * (x.ndim - 1))
    filled = jnp.full(indices.shape + x.shape[1:], fill, jnp.float32)
    return jnp.where(inside, x[indices], filled)


@caught_by("correct", "keeps_the_dtype")
def safe_take__static_fill(x, indices, fill):
    """Makes the fill part of the program, so that it cannot be traced."""
    return x.at[indices].get(mode="fill", fill_value=fill, wrap_negative_indices=False)


@caught_by("jit", "compiles_once")
def safe_take__boolean_selection(x, indices, fill):
    """Writes the valid reads through a mask: how many there are depends on the data."""
    inside = (indices >= 0) & (indices < len(x))
    out = jnp.full(indices.shape + x.shape[1:], fill, x.dtype)
    return out.at[inside].set(x[indices[inside]])


@caught_by("jit", "has_no_python_loop")
def safe_take__one_by_one(x, indices, fill):
    """Reads one item at a time."""
    items = []
    for k in range(len(indices)):
        inside = (indices[k] >= 0) & (indices[k] < len(x))
        items.append(jnp.where(inside, x[indices[k]], fill).astype(x.dtype))
    return jnp.stack(items)


@caught_by("correct", "keeps_the_dtype")
def safe_take__promoted_by_where(x, indices, fill):
    """Chooses with `where`, which gives float16 items the dtype of a float32 fill."""
    inside = ((indices >= 0) & (indices < len(x))).reshape(-1, *[1] * (x.ndim - 1))
    return jnp.where(inside, x[jnp.clip(indices, 0, len(x) - 1)], fill)
