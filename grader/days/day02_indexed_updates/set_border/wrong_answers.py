"""Plausible mistakes in set_border; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# set_border


@caught_by("correct", "by_hand")
def set_border__in_place(grid, value):
    """Assigns as NumPy does; JAX arrays refuse."""
    grid[0] = value
    grid[-1] = value
    grid[:, 0] = value
    grid[:, -1] = value
    return grid


@caught_by("correct", "by_hand")
def set_border__result_dropped(grid, value):
    """Forgets that `.at` returns a new array."""
    edges = jnp.array([0, -1])
    grid.at[edges].set(value)
    grid.at[:, edges].set(value)
    return grid


@caught_by("correct", "by_hand")
def set_border__index_list(grid, value):
    """Indexes with a list, which JAX does not take."""
    return grid.at[[0, -1]].set(value).at[:, [0, -1]].set(value)


@caught_by("correct", "by_hand")
def set_border__corners_only(grid, value):
    """Walks two index arrays together and hits two corners."""
    edges = jnp.array([0, -1])
    return grid.at[edges, edges].set(value)


@caught_by("correct", "by_hand")
def set_border__square_only(grid, value):
    """Takes the last column's number from the height."""
    last = len(grid) - 1
    return grid.at[0].set(value).at[last].set(value).at[:, 0].set(value).at[:, last].set(value)


@caught_by("correct", "agrees_with_a_loop")
def set_border__inside_emptied(grid, value):
    """Draws the ring on an empty canvas, as if the inside were always zeros."""
    return jnp.full_like(grid, value).at[1:-1, 1:-1].set(0)


@caught_by("correct", "takes_thin_grids")
def set_border__pads_the_inside(grid, value):
    """Pads the inside back to size; a grid one cell thin grows."""
    return jnp.pad(grid[1:-1, 1:-1], 1, constant_values=value)


@caught_by("correct", "keeps_the_dtype")
def set_border__default_dtype(grid, value):
    """Builds a float32 canvas, whatever the grid is."""
    canvas = jnp.full(grid.shape, value, jnp.float32)
    return canvas.at[1:-1, 1:-1].set(grid[1:-1, 1:-1])


@caught_by("jit", "compiles_once")
def set_border__nothing_to_do(grid, value):
    """Branches on the value to save work."""
    if value == grid[0, 0]:
        value = grid[0, 0]
    edges = jnp.array([0, -1])
    return grid.at[edges].set(value).at[:, edges].set(value)


@caught_by("jit", "compiles_once")
def set_border__through_numpy(grid, value):
    """Works on a NumPy copy; a tracer cannot become one."""
    out = np.array(grid)
    out[[0, -1]] = value
    out[:, [0, -1]] = value
    return jnp.asarray(out)


@caught_by("jit", "has_no_python_loop")
def set_border__cell_by_cell(grid, value):
    """Writes one cell at a time."""
    h, w = grid.shape
    for i in range(h):
        grid = grid.at[i, 0].set(value).at[i, w - 1].set(value)
    for j in range(w):
        grid = grid.at[0, j].set(value).at[h - 1, j].set(value)
    return grid


@caught_by("correct", "keeps_the_dtype")
def set_border__promoted_by_where(grid, value):
    """Chooses with `where`, which gives a float16 grid the dtype of a float32 value."""
    row, column = jnp.arange(grid.shape[0])[:, None], jnp.arange(grid.shape[1])
    ring = (row == 0) | (row == grid.shape[0] - 1) | (column == 0) | (column == grid.shape[1] - 1)
    return jnp.where(ring, value, grid)
