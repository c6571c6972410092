"""Other honest ways to write set_border; each must pass every check."""

import jax
import jax.numpy as jnp
import numpy as np

# set_border


def set_border__four_writes(grid, value):
    """Writes one side after the other."""
    grid = grid.at[0, :].set(value)
    grid = grid.at[-1, :].set(value)
    grid = grid.at[:, 0].set(value)
    return grid.at[:, -1].set(value)


def set_border__inside_back_in(grid, value):
    """Fills everything and puts the inside back."""
    return jnp.full_like(grid, value).at[1:-1, 1:-1].set(grid[1:-1, 1:-1])


def set_border__by_mask(grid, value):
    """Chooses by position, without an update."""
    h, w = grid.shape
    row, column = jnp.arange(h)[:, None], jnp.arange(w)
    ring = (row == 0) | (row == h - 1) | (column == 0) | (column == w - 1)
    return jnp.where(ring, jnp.asarray(value, grid.dtype), grid)


@jax.jit
def set_border__mask_as_index(grid, value):
    """Writes through a mask that is known before tracing, compiled by the learner."""
    ring = np.ones(grid.shape, bool)
    ring[1:-1, 1:-1] = False
    return grid.at[ring].set(value)


def set_border__wide_inside(grid, value):
    """Works in float32, which holds every narrower float, and goes back."""
    wide = grid.astype(jnp.float32)
    wide = wide.at[0].set(value).at[-1].set(value).at[:, 0].set(value).at[:, -1].set(value)
    return wide.astype(grid.dtype)


def set_border__padded_inside(grid, value):
    """Pads the inside, where there is one."""
    if min(grid.shape) < 3:
        return jnp.full_like(grid, value)
    return jnp.pad(grid[1:-1, 1:-1], 1, constant_values=jnp.asarray(value, grid.dtype))
