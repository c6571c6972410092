"""Day 2: indexed updates.

JAX arrays never change: `x.at[i].set(v)` gives a new one. Duplicates, indices out of
range, negative indices, and giving a buffer up.
Integers are int32 and floats float32 or narrower today, unless a docstring says more.
Lesson: README.md beside this file. Grade: python -m grader day02
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def set_border(grid: Float[Array, "h w"], value: Float[Array, ""]) -> Float[Array, "h w"]:
    """Replace the outermost ring of cells by `value`.

    The ring is the first and the last row, the first and the last column.
    A grid with a side of 1 or 2 is all ring. The inside and the grid's dtype stay, whatever
    the dtype of `value`. All of it is finite.

        set_border(zeros((3, 4)), 7) = [[7, 7, 7, 7],
                                        [7, 0, 0, 7],
                                        [7, 7, 7, 7]]

    Rules: `value` is a Python number or a traced scalar.
    Reference: JAX docs, "jax.numpy.ndarray.at".
    """
    edges, value = jnp.array([0, -1]), jnp.asarray(value, grid.dtype)
    return grid.at[edges].set(value).at[:, edges].set(value)


def histogram(indices: Int[Array, "n"], n_bins: int) -> Int[Array, "n_bins"]:
    """Count how often each bin is named.

    counts[b] = |{k : indices[k] = b}|   for b = 0 .. n_bins - 1

    An index outside 0 .. n_bins - 1 is dropped, and a negative one is outside.
    The counts are int32, and exact where a bin is named 100,000 times; no indices at all
    give zeros.

        histogram([2, 0, 2, -1], 6) = [1, 0, 2, 0, 0, 0]

    Rules: `n_bins` is static. Not through `jnp.bincount`, `jnp.histogram`, `jnp.unique` or
    `jax.ops`. No Python loop: it is timed against one.
    Reference: JAX docs, "jax.numpy.ndarray.at".
    """
    counts = jnp.zeros(n_bins, int)
    return counts.at[indices].add(1, mode="drop", wrap_negative_indices=False)


def safe_take(
    x: Float[Array, "n *item"], indices: Int[Array, "m"], fill: Float[Array, ""]
) -> Float[Array, "m *item"]:
    """Read items of `x` by index, with `fill` wherever the index is out of range.

    out[k] = x[indices[k]]   where 0 <= indices[k] < n
             fill            elsewhere, in every element of the item

    Negative indices are out of range: they do not count from the end.
    `x` has at least one item and keeps its dtype, whatever the dtype of `fill`. It may hold
    NaN or infinities, and `fill` may be one; neither may leak into the other.

        safe_take([10, 20, 30], [2, 3, -1, 0], 5) = [30, 5, 5, 10]

    Rules: `fill` is a Python number or a traced scalar.
    Reference: JAX docs, "jax.numpy.ndarray.at".
    """
    inside = (indices >= 0) & (indices < len(x))
    # One flag an item: (m,) -> (m, 1, ..., 1), to broadcast over the item's own axes.
    inside = inside.reshape(-1, *[1] * (x.ndim - 1))
    return jnp.where(inside, x.at[indices].get(mode="clip"), fill).astype(x.dtype)


def segment_max(
    values: Float[Array, "n"], segments: Int[Array, "n"], n_segments: int
) -> Float[Array, "n_segments"]:
    """Take the largest value of each segment.

    out[s] = max {values[k] : segments[k] = s}   for s = 0 .. n_segments - 1

    Segments come in any order. An empty segment gives -inf. A value whose segment lies
    outside 0 .. n_segments - 1 is dropped, and a negative one is outside. Values may be as
    low as -3e38 and infinite, but not NaN; their dtype stays.

        segment_max([3, 8, 5, 2], [3, 1, 3, 1], 5) = [-inf, 8, -inf, 5, -inf]

    Rules: `n_segments` is static. Not through `jax.ops`. No Python loop: it is timed
    against one.
    Reference: JAX docs, "jax.numpy.ndarray.at".
    """
    lowest = jnp.full(n_segments, -jnp.inf, values.dtype)
    return lowest.at[segments].max(values, mode="drop", wrap_negative_indices=False)


def swap_rows(matrix: Float[Array, "n m"], i: Int[Array, ""], j: Int[Array, ""]) -> Float[Array, "n m"]:
    """Exchange rows `i` and `j`.

    Negative numbers count from the end, as in NumPy; both lie within the matrix.
    i = j changes nothing, nor do i and j that name the same row in two ways (-1 and n - 1).
    Rows are moved, not computed: every value arrives bit for bit, NaN, inf and -0.0 too.

        swap_rows([[1, 2], [3, 4]], 0, 1) = [[3, 4], [1, 2]]

    Rules: `i` and `j` are Python ints or traced.
    Reference: JAX docs, "jax.numpy.ndarray.at".
    """
    return matrix.at[i].set(matrix[j]).at[j].set(matrix[i])


def one_hot(labels: Int[Array, "n"], n_classes: int) -> Float[Array, "n n_classes"]:
    """Write a 1 into each row at the column that its label names.

    out[k, c] = 1 if c = labels[k] else 0   (float32)

    A label outside 0 .. n_classes - 1 gives a row of zeros; -1 is such a label.

        one_hot([1, -1, 0, -1], 3) = [[0, 1, 0],
                                      [0, 0, 0],
                                      [1, 0, 0],
                                      [0, 0, 0]]

    Rules: `n_classes` is static. By scatter: start from zeros and write with `.at[]`;
    not through `jax.nn`, `jnp.eye` or a comparison with every class.
    Reference: JAX docs, "jax.numpy.ndarray.at".
    """
    rows = jnp.arange(len(labels))
    zeros = jnp.zeros((len(labels), n_classes))
    return zeros.at[rows, labels].set(1, mode="drop", wrap_negative_indices=False)


def life_step(board: Int[Array, "h w"]) -> Int[Array, "h w"]:
    """Play one generation of Conway's Game of Life on a torus.

    A cell is 1 (alive) or 0 (dead). N = how many of its eight neighbours are alive.

    next = 1 if N = 3, or if N = 2 and the cell is alive; else 0

    All cells change at once. The board wraps: the row above the first is the last, the column
    right of the last is the first. The neighbour at offset (di, dj) of cell (i, j) is cell
    ((i + di) mod h, (j + dj) mod w); on a board with a side of 1 or 2 one cell is thus
    several neighbours, and counts as often. The board need not be square; its dtype stays.

    Rules: no Python loop over cells: it is timed against one.
    Reference: M. Gardner, "Mathematical Games", Scientific American, October 1970.
    """

    def with_both_sides(x, axis):
        return jnp.roll(x, 1, axis) + x + jnp.roll(x, -1, axis)

    neighbours = with_both_sides(with_both_sides(board, 0), 1) - board
    alive = (neighbours == 3) | (neighbours == 2) & (board == 1)
    return alive.astype(board.dtype)


def ring_push(
    ring: Float[Array, "capacity *item"], cursor: Int[Array, ""], item: Float[Array, "*item"]
) -> tuple[Float[Array, "capacity *item"], Int[Array, ""]]:
    """★ Push an item into a ring buffer: write at the cursor, then move the cursor on.

    ring[cursor] = item
    cursor = (cursor + 1) mod capacity

    0 <= cursor < capacity. Once full, the ring overwrites its oldest item. Shapes and dtypes
    of ring and cursor stay, so that both can be carried through a loop; an item of another
    dtype is converted to the ring's. Items may hold NaN and infinities. The cursor is of any
    signed dtype that holds `capacity`.

        ring_push([1, 2, 3], 2, 9) = ([1, 2, 9], 0)

    Rules: `cursor` and `item` are traced. Leave donation to the caller: called plainly, the
    old ring stays usable. Under `jax.jit(ring_push, donate_argnums=0)` it is given up: the
    new ring lies in the old one's memory, and no second ring is made on the way.
    Reference: JAX docs, "Buffer donation".
    """
    return ring.at[cursor].set(item.astype(ring.dtype)), (cursor + 1) % len(ring)
