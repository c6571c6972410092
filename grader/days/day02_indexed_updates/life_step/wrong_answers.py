"""Plausible mistakes in life_step; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by

# life_step


@caught_by("correct", "blinks")
def life_step__counts_itself(board):
    """Counts the cell among its neighbours."""
    sides = jnp.roll(board, 1, 0) + board + jnp.roll(board, -1, 0)
    neighbours = jnp.roll(sides, 1, 1) + sides + jnp.roll(sides, -1, 1)
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("correct", "blinks")
def life_step__four_neighbours(board):
    """Forgets the diagonals."""
    shifts = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    neighbours = sum(jnp.roll(board, shift, (0, 1)) for shift in shifts)
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("correct", "agrees_with_a_loop")
def life_step__three_or_more(board):
    """Lets three or more neighbours give birth."""
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    neighbours = sum(jnp.roll(board, shift, (0, 1)) for shift in shifts)
    born = (board == 0) & (neighbours >= 3)
    stays = (board == 1) & ((neighbours == 2) | (neighbours == 3))
    return (born | stays).astype(board.dtype)


@caught_by("correct", "wraps_around")
def life_step__dead_outside(board):
    """Pads with dead cells, so that nothing crosses the border."""
    h, w = board.shape
    padded = jnp.pad(board, 1)
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    neighbours = sum(padded[i : i + h, j : j + w] for i, j in shifts)
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("correct", "wraps_around")
def life_step__cylinder(board):
    """Wraps the columns and not the rows."""
    h = len(board)
    padded = jnp.pad(board, ((1, 1), (0, 0)))
    sides = padded[:h] + board + padded[2:]
    neighbours = jnp.roll(sides, 1, 1) + sides + jnp.roll(sides, -1, 1) - board
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("correct", "counts_on_thin_boards")
def life_step__neighbour_matrix(board):
    """Asks who is at most one step away; on a thin board one cell is that twice."""

    def near(n):
        distance = jnp.abs(jnp.arange(n)[:, None] - jnp.arange(n))
        return (jnp.minimum(distance, n - distance) <= 1).astype(int)

    h, w = board.shape
    neighbours = near(h) @ board @ near(w) - board
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("correct", "blinks")
def life_step__booleans(board):
    """Gives booleans where the board has numbers."""
    sides = jnp.roll(board, 1, 0) + board + jnp.roll(board, -1, 0)
    neighbours = jnp.roll(sides, 1, 1) + sides + jnp.roll(sides, -1, 1) - board
    return (neighbours == 3) | (neighbours == 2) & (board == 1)


@caught_by("correct", "keeps_the_dtype")
def life_step__default_dtype(board):
    """Gives int32, whatever the board is."""
    sides = jnp.roll(board, 1, 0) + board + jnp.roll(board, -1, 0)
    neighbours = jnp.roll(sides, 1, 1) + sides + jnp.roll(sides, -1, 1) - board
    return jnp.where((neighbours == 3) | (neighbours == 2) & (board == 1), 1, 0).astype(int)


@caught_by("correct", "wraps_around")
def life_step__square_only(board):
    """Takes the height for the width where the columns wrap."""
    h, w = board.shape
    rows, columns = jnp.arange(h)[:, None], jnp.arange(w)
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    neighbours = sum(board[(rows + i) % h, (columns + j) % h] for i, j in shifts)
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("jit", "compiles_once")
def life_step__visits_live_cells(board):
    """Lists the live cells: how many there are depends on the data."""
    h, w = board.shape
    rows, columns = jnp.nonzero(board)
    neighbours = jnp.zeros_like(board)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            neighbours = neighbours.at[(rows + i) % h, (columns + j) % w].add(1)
    neighbours = neighbours - board
    return ((neighbours == 3) | (neighbours == 2) & (board == 1)).astype(board.dtype)


@caught_by("speed", "beats_the_loop")
def life_step__python_loop(board):
    """Visits one cell at a time."""
    h, w = board.shape
    after = jnp.zeros_like(board)
    for i in range(h):
        for j in range(w):
            neighbours = -board[i, j]
            for di in (-1, 0, 1):
                for dj in (-1, 0, 1):
                    neighbours += board[(i + di) % h, (j + dj) % w]
            alive = (neighbours == 3) | (neighbours == 2) & (board[i, j] == 1)
            after = after.at[i, j].set(alive.astype(board.dtype))
    return after
