"""Other honest ways to write rolling_mean; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def rolling_mean__convolution(x, window):
    """A window of equal weights, slid over x."""
    kernel = jnp.ones(window, x.dtype) / window
    return jnp.convolve(x, kernel, mode="valid", precision="highest")


def rolling_mean__cumulative_sum(x, window):
    """The difference of two running sums."""
    total = jnp.concatenate([jnp.zeros(1, x.dtype), jnp.cumsum(x)])
    return (total[window:] - total[:-window]) / window


def rolling_mean__dynamic_slices(x, window):
    """One slice, lifted over its start."""

    def one(start):
        return lax.dynamic_slice(x, (start,), (window,)).mean()

    return jax.vmap(one)(jnp.arange(len(x) - window + 1))


def rolling_mean__reduce_window(x, window):
    """The primitive made for it."""
    return lax.reduce_window(x, 0.0, lax.add, (window,), (1,), "VALID") / window


def rolling_mean__shifted_copies(x, window):
    """Adds the shifted copies of x; the loop runs over the window, not over x."""
    n = x.shape[0] - window + 1
    return sum(x[k : k + n] for k in range(window)) / window


def rolling_mean__running_total(x, window):
    """Carries a total, adds what comes in and takes away what goes out."""
    first = x[:window].sum()

    def move(total, ends):
        comes, goes = ends
        total = total + comes - goes
        return total, total

    _, others = lax.scan(move, first, (x[window:], x[: x.shape[0] - window]))
    return jnp.concatenate([first[None], others]) / window
