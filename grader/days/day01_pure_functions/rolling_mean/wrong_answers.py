"""Plausible mistakes in rolling_mean; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by


@caught_by("deeper", "goes_through_long_series")
def rolling_mean__short_indices(x, window):
    """Gathers with int16 indices: series of more than 32,767 entries read from the wrong places."""
    starts = jnp.arange(x.shape[0] - window + 1).astype(jnp.int16)
    total = jnp.zeros(starts.shape, x.dtype)
    for k in range(window):
        total = total + x[starts + jnp.int16(k)]
    return total / window


@caught_by("correct", "by_hand")
def rolling_mean__misses_the_last_window(x, window):
    """Off by one: n - window windows."""
    start = jnp.arange(x.shape[0] - window)
    return jnp.mean(x[start[:, None] + jnp.arange(window)], axis=1)


@caught_by("correct", "by_hand")
def rolling_mean__padded_with_zeros(x, window):
    """Keeps the length by averaging zeros in at the ends."""
    return jnp.convolve(x, jnp.ones(window) / window, mode="same")


@caught_by("correct", "by_hand")
def rolling_mean__wraps_around(x, window):
    """Rolls the end of the series to its beginning."""
    return sum(jnp.roll(x, -k) for k in range(window)) / window


@caught_by("correct", "by_hand")
def rolling_mean__sums(x, window):
    """Forgets to divide."""
    total = jnp.concatenate([jnp.zeros(1), jnp.cumsum(x)])
    return total[window:] - total[:-window]


@caught_by("correct", "by_hand")
def rolling_mean__cumsum_without_the_zero(x, window):
    """Loses the first window."""
    total = jnp.cumsum(x)
    return (total[window:] - total[:-window]) / window


@caught_by("correct", "takes_a_window_of_one")
def rolling_mean__stops_at_minus_zero(x, window):
    """For a window of 1 the slice ends at -0, which is 0: nothing is left."""
    start = jnp.arange(len(x))[: -(window - 1)]
    return jnp.mean(x[start[:, None] + jnp.arange(window)], axis=1)


@caught_by("correct", "agrees_with_numpy")
def rolling_mean__windows_do_not_overlap(x, window):
    """Cuts the series into blocks; clamped indices hide it in short examples."""
    start = jnp.arange(x.shape[0] - window + 1) * max(window - 1, 1)
    return jnp.mean(x[start[:, None] + jnp.arange(window)], axis=1)


@caught_by("jit", "compiles_once")
def rolling_mean__numpy_views(x, window):
    """Uses NumPy's sliding windows."""
    views = np.lib.stride_tricks.sliding_window_view(np.asarray(x), window)
    return jnp.asarray(views.mean(axis=1))


@caught_by("speed", "beats_the_slicing_loop")
def rolling_mean__slicing_loop(x, window):
    """Right, but slices in Python."""
    return jnp.stack([jnp.mean(x[i : i + window]) for i in range(len(x) - window + 1)])


@caught_by("correct", "takes_a_window_of_n")
def rolling_mean__scalar_for_the_whole(x, window):
    """Gives a bare number where one window holds everything."""
    if window == x.shape[0]:
        return x.mean()
    start = jnp.arange(x.shape[0] - window + 1)
    return x[start[:, None] + jnp.arange(window)].mean(axis=1)


@caught_by("deeper", "takes_windows_of_any_length")
def rolling_mean__doubled_runs(x, window):
    """Puts runs of doubled lengths together, and begins each but the shortest at 1: right for lengths of few bits."""
    n_out = x.shape[0] - window + 1
    run, width, total = x, 1, jnp.zeros(n_out, x.dtype)
    while width <= window:
        if window & width:
            start = 1 if window % width else 0
            total = total + run[start : start + n_out]
        if 2 * width <= window:
            run = run[:-width] + run[width:]
        width *= 2
    return total / window
