"""Plausible mistakes of day 2; each must be caught by the check named above it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from tests.answers import caught_by

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


# histogram


@caught_by("correct", "counts_duplicates")
def histogram__duplicates_once(indices, n_bins):
    """Reads, adds and sets: two equal indices count once."""
    inside = jnp.where(indices < 0, n_bins, indices)
    counts = jnp.zeros(n_bins, int)
    return counts.at[inside].set(counts.at[inside].get(mode="clip") + 1, mode="drop")


@caught_by("correct", "drops_negatives")
def histogram__negatives_wrap(indices, n_bins):
    """Trusts `mode="drop"` with negative indices too."""
    return jnp.zeros(n_bins, int).at[indices].add(1, mode="drop")


@caught_by("correct", "drops_what_is_too_large")
def histogram__clipped(indices, n_bins):
    """Piles up what is out of range in the outer bins."""
    return jnp.zeros(n_bins, int).at[jnp.clip(indices, 0, n_bins - 1)].add(1)


@caught_by("correct", "drops_what_is_too_large")
def histogram__modulo(indices, n_bins):
    """Wraps what is out of range around."""
    return jnp.zeros(n_bins, int).at[indices % n_bins].add(1)


@caught_by("correct", "drops_negatives")
def histogram__only_minus_one(indices, n_bins):
    """Drops -1 and lets the other negatives wrap."""
    return jnp.zeros(n_bins, int).at[jnp.where(indices == -1, n_bins, indices)].add(1)


@caught_by("correct", "by_hand")
def histogram__float_counts(indices, n_bins):
    """Counts in floats."""
    return jnp.zeros(n_bins).at[indices].add(1.0, wrap_negative_indices=False)


@caught_by("correct", "by_hand")
@jax.jit
def histogram__jit_without_static(indices, n_bins):
    """Compiles it and forgets that a traced number can be no shape."""
    return jnp.zeros(n_bins, int).at[indices].add(1, wrap_negative_indices=False)


@caught_by("correct", "uses_no_shortcut")
def histogram__segment_sum(indices, n_bins):
    """Leaves the work to `jax.ops`."""
    return jax.ops.segment_sum(jnp.ones_like(indices), indices, n_bins)


@caught_by("correct", "uses_no_shortcut")
def histogram__bincount(indices, n_bins):
    """Repairs what `jnp.bincount` does to negatives, but still leaves it the work."""
    return jnp.bincount(jnp.where(indices < 0, n_bins, indices), length=n_bins)


@caught_by("jit", "compiles_once")
def histogram__filters_first(indices, n_bins):
    """Selects the valid indices: how many there are depends on the data."""
    inside = indices[(indices >= 0) & (indices < n_bins)]
    return jnp.zeros(n_bins, int).at[inside].add(1)


@caught_by("speed", "beats_the_loop")
def histogram__python_loop(indices, n_bins):
    """Adds one index at a time."""
    counts = jnp.zeros(n_bins, int)
    for k in range(len(indices)):
        counts = counts.at[indices[k]].add(1, wrap_negative_indices=False)
    return counts


@caught_by("speed", "beats_the_loop")
def histogram__bin_by_bin(indices, n_bins):
    """Asks for each bin who named it."""
    return jnp.array([jnp.sum(indices == b) for b in range(n_bins)])


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


@caught_by("jit", "compiles_once")
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


# segment_max


@caught_by("correct", "takes_negative_values")
def segment_max__starts_at_zero(values, segments, n_segments):
    """Starts at 0, which beats every negative value."""
    return jnp.zeros(n_segments, values.dtype).at[segments].max(values, wrap_negative_indices=False)


@caught_by("correct", "by_hand")
def segment_max__last_wins(values, segments, n_segments):
    """Sets instead of taking the maximum: one of the duplicates wins."""
    lowest = jnp.full(n_segments, -jnp.inf, values.dtype)
    return lowest.at[segments].set(values, wrap_negative_indices=False)


@caught_by("correct", "gives_minus_infinity_for_empty")
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


# swap_rows


@caught_by("correct", "by_hand")
def swap_rows__reads_what_it_wrote(matrix, i, j):
    """Overwrites row i and then reads it as if it were the old one."""
    matrix = matrix.at[i].set(matrix[j])
    return matrix.at[j].set(matrix[i])


@caught_by("correct", "by_hand")
def swap_rows__columns(matrix, i, j):
    """Exchanges columns."""
    return matrix.at[:, i].set(matrix[:, j]).at[:, j].set(matrix[:, i])


@caught_by("correct", "by_hand")
def swap_rows__index_list(matrix, i, j):
    """Indexes with lists, as NumPy allows."""
    return matrix.at[[i, j]].set(matrix[[j, i]])


@caught_by("correct", "moves_every_bit")
def swap_rows__by_difference(matrix, i, j):
    """Adds the difference to one row and takes it from the other, which rounds."""
    difference = matrix[j] - matrix[i]
    return matrix.at[i].add(difference).at[j].add(-difference)


@caught_by("correct", "moves_every_bit")
def swap_rows__by_matrix_product(matrix, i, j):
    """Multiplies with a permutation matrix, which spreads a NaN over its column."""
    eye = jnp.eye(len(matrix), dtype=matrix.dtype)
    return eye.at[i].set(eye[j]).at[j].set(eye[i]) @ matrix


@caught_by("correct", "counts_negatives_from_the_end")
def swap_rows__compares_row_numbers(matrix, i, j):
    """Looks for i and j among the row numbers, where no negative one is found."""
    rows = jnp.arange(len(matrix))
    return matrix[jnp.where(rows == i, j, jnp.where(rows == j, i, rows))]


@caught_by("correct", "leaves_equal_rows")
def swap_rows__adds_twice(matrix, i, j):
    """Clears both rows and adds them back crosswise; one row for both doubles."""
    pair = jnp.array([i, j])
    return matrix.at[pair].set(0).at[pair].add(matrix[pair[::-1]])


@caught_by("jit", "compiles_once")
def swap_rows__early_return(matrix, i, j):
    """Branches on i == j."""
    if i == j:
        return matrix
    return matrix.at[i].set(matrix[j]).at[j].set(matrix[i])


@caught_by("jit", "compiles_once")
def swap_rows__through_numpy(matrix, i, j):
    """Swaps in a NumPy copy."""
    out = np.array(matrix)
    out[[i, j]] = out[[j, i]]
    return jnp.asarray(out)


@caught_by("jit", "compiles_once")
def swap_rows__slices(matrix, i, j):
    """Glues slices together; their bounds may not be traced."""
    low, high = sorted((int(i) % len(matrix), int(j) % len(matrix)))
    if low == high:
        return matrix
    return jnp.concatenate(
        [
            matrix[:low],
            matrix[high : high + 1],
            matrix[low + 1 : high],
            matrix[low : low + 1],
            matrix[high + 1 :],
        ]
    )


# one_hot


@caught_by("correct", "gives_zeros_for_minus_one")
def one_hot__identity_rows(labels, n_classes):
    """Reads rows of the identity; row -1 is its last."""
    return jnp.eye(n_classes)[labels]


@caught_by("correct", "gives_zeros_for_minus_one")
def one_hot__negatives_wrap(labels, n_classes):
    """Drops labels that are too large and lets -1 wrap."""
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[jnp.arange(len(labels)), labels].set(1, mode="drop")


@caught_by("correct", "by_hand")
def one_hot__whole_columns(labels, n_classes):
    """Writes every label's column in every row."""
    return jnp.zeros((len(labels), n_classes)).at[:, labels].set(1)


@caught_by("correct", "by_hand")
def one_hot__integers(labels, n_classes):
    """Gives integers."""
    zeros = jnp.zeros((len(labels), n_classes), int)
    return zeros.at[jnp.arange(len(labels)), labels].set(1, wrap_negative_indices=False)


@caught_by("correct", "gives_zeros_out_of_range")
def one_hot__only_minus_one(labels, n_classes):
    """Knows -1 and no other label out of range."""
    columns = jnp.where(labels == -1, n_classes, labels)
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[jnp.arange(len(labels)), columns].set(1)


@caught_by("correct", "gives_zeros_out_of_range")
def one_hot__spills_over(labels, n_classes):
    """Numbers the cells through, so that a label too large lands in the next row."""
    places = jnp.arange(len(labels)) * n_classes + labels
    places = jnp.where(labels < 0, len(labels) * n_classes, places)
    return jnp.zeros(len(labels) * n_classes).at[places].set(1).reshape(-1, n_classes)


@caught_by("jit", "writes_by_scatter")
def one_hot__comparison(labels, n_classes):
    """Compares with every class, which the rules rule out."""
    return (labels[:, None] == jnp.arange(n_classes)).astype(jnp.float32)


@caught_by("jit", "compiles_once")
def one_hot__selects_rows(labels, n_classes):
    """Looks for the rows to write: how many there are depends on the data."""
    rows = jnp.nonzero((labels >= 0) & (labels < n_classes))[0]
    return jnp.zeros((len(labels), n_classes)).at[rows, labels[rows]].set(1)


@caught_by("jit", "has_no_python_loop")
def one_hot__row_by_row(labels, n_classes):
    """Writes one row at a time."""
    out = jnp.zeros((len(labels), n_classes))
    for k in range(len(labels)):
        out = out.at[k, labels[k]].set(1, wrap_negative_indices=False)
    return out


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


# ring_push


@caught_by("correct", "by_hand")
def ring_push__shifts(ring, cursor, item):
    """Moves every item up and writes at the end, as a queue would."""
    return jnp.concatenate([ring[1:], item[None]]), (cursor + 1) % len(ring)


@caught_by("correct", "by_hand")
def ring_push__moves_first(ring, cursor, item):
    """Moves the cursor before it writes."""
    cursor = (cursor + 1) % len(ring)
    return ring.at[cursor].set(item.astype(ring.dtype)), cursor


@caught_by("correct", "wraps")
def ring_push__runs_off(ring, cursor, item):
    """Never wraps the cursor, and later writes are dropped."""
    return ring.at[cursor].set(item.astype(ring.dtype)), cursor + 1


@caught_by("correct", "wraps")
def ring_push__wraps_late(ring, cursor, item):
    """Wraps one step too late."""
    return ring.at[cursor].set(item.astype(ring.dtype)), (cursor + 1) % (len(ring) + 1)


@caught_by("correct", "keeps_the_dtypes")
def ring_push__promotes(ring, cursor, item):
    """Chooses with `where`, which promotes the ring to the item's dtype."""
    here = (jnp.arange(len(ring)) == cursor).reshape(-1, *[1] * item.ndim)
    return jnp.where(here, item, ring), (cursor + 1) % len(ring)


@caught_by("correct", "by_hand")
@partial(jax.jit, donate_argnums=0)
def ring_push__donates_itself(ring, cursor, item):
    """Donates inside, so that every caller loses the old ring."""
    return ring.at[cursor].set(item.astype(ring.dtype)), (cursor + 1) % len(ring)


@caught_by("jit", "compiles_once")
def ring_push__branches(ring, cursor, item):
    """Wraps the cursor with a Python branch."""
    ring = ring.at[cursor].set(item.astype(ring.dtype))
    cursor = cursor + 1
    if cursor == len(ring):
        cursor = jnp.zeros_like(cursor)
    return ring, cursor


@caught_by("jit", "compiles_once")
def ring_push__glues(ring, cursor, item):
    """Glues slices around the cursor; their bounds may not be traced."""
    item = item[None].astype(ring.dtype)
    return jnp.concatenate([ring[:cursor], item, ring[cursor + 1 :]]), (cursor + 1) % len(ring)


@caught_by("jit", "lives_in_the_old_ring")
def ring_push__rolls(ring, cursor, item):
    """Turns the cursor to the front and back again: two more rings in memory."""
    turned = jnp.roll(ring, -cursor, axis=0).at[0].set(item.astype(ring.dtype))
    return jnp.roll(turned, cursor, axis=0), (cursor + 1) % len(ring)


@caught_by("jit", "lives_in_the_old_ring")
def ring_push__appends(ring, cursor, item):
    """Appends the item and reads all places anew."""
    longer = jnp.concatenate([ring, item[None].astype(ring.dtype)])
    places = jnp.arange(len(ring)).at[cursor].set(len(ring))
    return longer[places], (cursor + 1) % len(ring)
