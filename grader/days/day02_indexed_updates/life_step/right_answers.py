"""Other honest ways to write life_step; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# life_step


def life_step__eight_rolls(board):
    """Sums eight shifted boards."""
    neighbours = 0
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            if (i, j) != (0, 0):
                neighbours += jnp.roll(jnp.roll(board, i, axis=0), j, axis=1)
    return jnp.where((neighbours == 3) | ((board == 1) & (neighbours == 2)), 1, 0).astype(board.dtype)


def life_step__wrapped_frame(board):
    """Pads by wrapping and sums nine slices."""
    h, w = board.shape
    padded = jnp.pad(board, 1, mode="wrap")
    total = sum(padded[i : i + h, j : j + w] for i in range(3) for j in range(3))
    return ((total == 3) | ((total == 4) & (board == 1))).astype(board.dtype)


def life_step__gathers(board):
    """Reads each neighbour by its coordinates, modulo the sides."""
    h, w = board.shape
    rows, columns = jnp.arange(h)[:, None], jnp.arange(w)
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    neighbours = sum(board[(rows + i) % h, (columns + j) % w] for i, j in shifts)
    return jnp.select([neighbours == 3, neighbours == 2], [jnp.ones_like(board), board], 0).astype(
        board.dtype
    )


def life_step__scatters(board):
    """Lets each cell add itself to its neighbours' counts, with duplicates."""
    h, w = board.shape
    rows, columns = jnp.arange(h)[:, None], jnp.arange(w)
    neighbours = jnp.zeros_like(board)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            if (i, j) != (0, 0):
                neighbours = neighbours.at[(rows + i) % h, (columns + j) % w].add(board)
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


def life_step__one_cell_at_a_time(board):
    """Lifts the rule for one cell over rows and columns."""
    h, w = board.shape
    step = jnp.array([-1, 0, 1])

    def cell(i, j):
        total = jnp.sum(board[(i + step[:, None]) % h, (j + step) % w])
        alive = (total == 3) | ((total == 4) & (board[i, j] == 1))
        return alive.astype(board.dtype)

    return jax.vmap(jax.vmap(cell, (None, 0)), (0, None))(jnp.arange(h), jnp.arange(w))


def life_step__convolution(board):
    """Convolves the wrapped board in floats."""
    padded = jnp.pad(board, 1, mode="wrap").astype(jnp.float32)
    kernel = jnp.ones((3, 3)).at[1, 1].set(0.5)
    score = lax.conv(padded[None, None], kernel[None, None], (1, 1), "VALID")[0, 0]
    return ((score >= 2.25) & (score <= 3.75)).astype(board.dtype)


def life_step__fori_loop(board):
    """Visits one cell at a time, in a compiled loop."""
    h, w = board.shape
    near = jnp.arange(-1, 2)

    def visit(k, after):
        i, j = k // w, k % w
        total = jnp.sum(board[(i + near[:, None]) % h, (j + near) % w])
        return after.at[i, j].set((total == 3) | (total == 4) & (board[i, j] == 1))

    return lax.fori_loop(0, h * w, visit, jnp.zeros(board.shape, bool)).astype(board.dtype)
