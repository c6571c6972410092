"""Honest other ways through day 2; every check must let them pass."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

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


# histogram


def histogram__past_the_end(indices, n_bins):
    """Sends the negatives past the end, where they are dropped by default."""
    return jnp.zeros(n_bins, jnp.int32).at[jnp.where(indices < 0, n_bins, indices)].add(1)


def histogram__adds_a_mask(indices, n_bins):
    """Adds 1 where the index counts and 0 where it does not."""
    inside = (indices >= 0) & (indices < n_bins)
    places = jnp.where(inside, indices, 0)
    return jnp.zeros(n_bins, int).at[places].add(inside.astype(int))


@partial(jax.jit, static_argnames="n_bins")
def histogram__spare_bin(indices, n_bins):
    """Collects what is out of range in a bin of its own and cuts it off; compiled by the learner."""
    inside = (indices >= 0) & (indices < n_bins)
    return jnp.zeros(n_bins + 1, int).at[jnp.where(inside, indices, n_bins)].add(1)[:n_bins]


def histogram__comparisons(indices, n_bins):
    """Compares every index with every bin."""
    return jnp.sum(indices[:, None] == jnp.arange(n_bins), axis=0)


def histogram__sorted(indices, n_bins):
    """Sorts, and looks up where each bin begins."""
    return jnp.diff(jnp.searchsorted(jnp.sort(indices), jnp.arange(n_bins + 1)))


def histogram__fori_loop(indices, n_bins):
    """Counts one by one, in a compiled loop."""

    def count(k, counts):
        return counts.at[jnp.where(indices[k] < 0, n_bins, indices[k])].add(1)

    if not len(indices):
        return jnp.zeros(n_bins, int)
    return lax.fori_loop(0, len(indices), count, jnp.zeros(n_bins, int))


# safe_take


def safe_take__row_of_fill(x, indices, fill):
    """Appends one item of fill and sends every bad index there."""
    n = len(x)
    padded = jnp.concatenate([x, jnp.full((1, *x.shape[1:]), fill, x.dtype)])
    return padded[jnp.where((indices < 0) | (indices >= n), n, indices)]


def safe_take__one_index_at_a_time(x, indices, fill):
    """Lifts the reading of one index."""

    def take(k):
        return jnp.where((k >= 0) & (k < len(x)), x[k], jnp.asarray(fill, x.dtype))

    return jax.vmap(take)(indices)


def safe_take__clipped(x, indices, fill):
    """Clips the indices by hand and sees from the difference which were out of range."""
    clipped = jnp.clip(indices, 0, len(x) - 1)
    outside = jnp.expand_dims(clipped != indices, tuple(range(1, x.ndim)))
    return jnp.where(outside, jnp.full_like(x, fill, shape=()), jnp.take(x, clipped, axis=0))


def safe_take__writes_the_fill(x, indices, fill):
    """Reads anything, then writes the fill at the places that were out of range."""
    places = jnp.arange(len(indices))
    outside = (indices < 0) | (indices >= len(x))
    read = x.at[indices].get(mode="clip")
    return read.at[jnp.where(outside, places, len(indices))].set(fill, mode="drop")


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


# swap_rows


def swap_rows__both_at_once(matrix, i, j):
    """Writes both rows in one scatter."""
    pair = jnp.stack([jnp.asarray(i), jnp.asarray(j)])
    return matrix.at[pair].set(matrix[pair[::-1]])


def swap_rows__reorders(matrix, i, j):
    """Swaps two row numbers and reads the rows in that order."""
    rows = jnp.arange(matrix.shape[0])
    return matrix[rows.at[i].set(rows[j]).at[j].set(rows[i])]


def swap_rows__saves_a_row(matrix, i, j):
    """Saves a row first, as one would in NumPy."""
    saved = matrix[i]
    matrix = matrix.at[i].set(matrix[j])
    matrix = matrix.at[j].set(saved)
    return matrix


def swap_rows__by_mask(matrix, i, j):
    """Chooses for each row where it comes from."""
    n = len(matrix)
    i, j = i % n, j % n
    rows = jnp.arange(n)[:, None]
    return jnp.where(rows == i, matrix[j], jnp.where(rows == j, matrix[i], matrix))


@jax.jit
def swap_rows__dynamic_slices(matrix, i, j):
    """Cuts and writes slices with `lax`, compiled by the learner."""
    row_i = lax.dynamic_index_in_dim(matrix, i)
    row_j = lax.dynamic_index_in_dim(matrix, j)
    matrix = lax.dynamic_update_index_in_dim(matrix, row_j, i, 0)
    return lax.dynamic_update_index_in_dim(matrix, row_i, j, 0)


# one_hot


def one_hot__past_the_end(labels, n_classes):
    """Sends negative labels past the end."""
    rows = jnp.arange(labels.shape[0])
    columns = jnp.where(labels < 0, n_classes, labels)
    return jnp.zeros((labels.shape[0], n_classes), jnp.float32).at[rows, columns].set(1.0)


def one_hot__one_label_at_a_time(labels, n_classes):
    """Lifts the row of one label."""

    def row(label):
        return jnp.zeros(n_classes).at[label].add(1.0, wrap_negative_indices=False)

    return jax.vmap(row)(labels)


def one_hot__spare_column(labels, n_classes):
    """Collects what is out of range in a column of its own and cuts it off."""
    columns = jnp.where((labels >= 0) & (labels < n_classes), labels, n_classes)
    wide = jnp.zeros((len(labels), n_classes + 1))
    return wide.at[jnp.arange(len(labels)), columns].set(1)[:, :n_classes]


def one_hot__writes_a_mask(labels, n_classes):
    """Writes 1 where the label counts and 0 where it does not."""
    inside = (labels >= 0) & (labels < n_classes)
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[jnp.arange(len(labels)), jnp.where(inside, labels, 0)].set(inside)


def one_hot__flat(labels, n_classes):
    """Numbers the cells through and writes into a flat array."""
    inside = (labels >= 0) & (labels < n_classes)
    n_cells = len(labels) * n_classes
    places = jnp.where(inside, jnp.arange(len(labels)) * n_classes + labels, n_cells)
    return jnp.zeros(n_cells).at[places].set(1.0, mode="drop").reshape(len(labels), n_classes)


def one_hot__fori_loop(labels, n_classes):
    """Writes one label at a time, in a compiled loop."""

    def write(k, out):
        return out.at[k, jnp.where(labels[k] < 0, n_classes, labels[k])].set(1.0)

    return lax.fori_loop(0, len(labels), write, jnp.zeros((len(labels), n_classes)))


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


# ring_push


def ring_push__dynamic_update(ring, cursor, item):
    """Writes with `lax` and wraps with `where`."""
    ring = lax.dynamic_update_index_in_dim(ring, item.astype(ring.dtype), cursor, 0)
    following = cursor + 1
    return ring, jnp.where(following == ring.shape[0], 0, following)


def ring_push__by_mask(ring, cursor, item):
    """Chooses by position, in one pass."""
    here = jnp.expand_dims(jnp.arange(len(ring)) == cursor, tuple(range(1, ring.ndim)))
    return jnp.where(here, item.astype(ring.dtype), ring), jnp.mod(cursor + 1, len(ring))


@jax.jit
def ring_push__compiled(ring, cursor, item):
    """Compiled by the learner, and lets `.at` convert the item where no cast is needed."""
    item = jnp.asarray(item, ring.dtype)
    return ring.at[cursor, ...].set(item), lax.rem(cursor + 1, jnp.full_like(cursor, len(ring)))


def ring_push__cond(ring, cursor, item):
    """Wraps with a `cond`."""
    ring = ring.at[cursor].set(item.astype(ring.dtype))
    last = cursor == len(ring) - 1
    return ring, lax.cond(last, jnp.zeros_like, lambda c: c + 1, cursor)
