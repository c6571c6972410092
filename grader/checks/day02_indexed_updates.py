"""Checks of day 2: indexed updates."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Learner, Numbers, bans, check, compiles_once, must_beat, same_size_for

Array = np.ndarray[Any, Any]

FARTHEST = 2**31 - 1  # the largest int32: an index as far out of range as one can be

# A scalar loop on the host costs about 0.2 ms an element, the scatter 5 to 50 µs for all of them.
GATES = {"cpu": 100.0, "gpu": 30.0, "tpu": 30.0}


def float16(x: jax.Array) -> jax.Array:
    return jnp.asarray(np.asarray(x).astype(np.float16))


# ---- set_border


def border_oracle(grid: jax.Array, value: Any) -> Array:
    out = np.array(grid)
    h, w = out.shape
    for i in range(h):
        for j in range(w):
            if i in (0, h - 1) or j in (0, w - 1):
                out[i, j] = value
    return out


@check(
    "set_border", "correct", hint="First and last row, first and last column: on each axis, places 0 and -1."
)
def test_set_border_by_hand(learner: Learner) -> None:
    grid = jnp.zeros((3, 4))
    result = learner.set_border(grid, 7)
    nothing_changed = np.array_equal(np.asarray(result.value), np.asarray(grid))
    kept = "x.at[i].set(v) leaves x alone and returns a new array: keep that." if nothing_changed else None
    result.equals([[7.0, 7.0, 7.0, 7.0], [7.0, 0.0, 0.0, 7.0], [7.0, 7.0, 7.0, 7.0]], hint=kept)


@check("set_border", "correct", hint="What lies inside the ring stays as it was.")
def test_set_border_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for shape in ((3, 4), (17, 2)):
        grid, value = numbers.normal(shape), numbers.normal()
        learner.set_border(grid, value).equals(border_oracle(grid, value))


@check("set_border", "correct", hint="A grid one or two cells thin is all ring, and its shape stays.")
def test_set_border_takes_thin_grids(learner: Learner, numbers: Numbers) -> None:
    grid, value = numbers.normal((2, 1)), numbers.normal()
    learner.set_border(grid, value).equals(border_oracle(grid, value))


@check("set_border", "correct", hint="Write into the grid itself, or give what you build the grid's dtype.")
def test_set_border_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    grid = float16(numbers.normal((3, 4)))
    learner.set_border(grid, 2.0).equals(border_oracle(grid, 2.0))


@check("set_border", "jit", hint="Neither the grid nor the value decides what the program does.")
def test_set_border_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5, 4)), value) for value in (numbers.normal(), jnp.float32(0.0))]
    for call, result in zip(calls, compiles_once(learner.set_border.jit(), calls), strict=True):
        result.equals(border_oracle(*call))


@check("set_border", "jit", hint="One write can fill a whole row.")
def test_set_border_has_no_python_loop(learner: Learner) -> None:
    small, large = (jnp.zeros((8, 9)), jnp.float32(1.0)), (jnp.zeros((16, 18)), jnp.float32(1.0))
    same_size_for(learner.set_border.jit(), small, large)


# ---- histogram


def histogram_oracle(indices: Any, n_bins: int) -> Array:
    counts = np.zeros(n_bins, np.int64)
    for index in np.asarray(indices):
        if 0 <= index < n_bins:
            counts[index] += 1
    return counts


@check("histogram", "correct", hint="Start from integer zeros and add 1 at the place that each index names.")
def test_histogram_by_hand(learner: Learner) -> None:
    learner.histogram(jnp.array([4, 0, 3, 2]), 6).equals([1, 0, 1, 1, 1, 0])


@check("histogram", "correct", hint="Build it from an indexed update; the rules name what is left out.")
def test_histogram_uses_no_shortcut(learner: Learner) -> None:
    numpy = ("bincount", "histogram", "unique", "unique_counts", "unique_all")
    bans(learner.histogram, "jax.ops", *(f"jax.numpy.{name}" for name in numpy))


@check(
    "histogram", "correct", hint="An index that comes twice counts twice: .add applies both, .set only one."
)
def test_histogram_counts_duplicates(learner: Learner) -> None:
    learner.histogram(jnp.array([1, 5, 1, 1]), 6).equals([0, 3, 0, 0, 0, 1])


@check("histogram", "correct", hint="A bin nobody names holds 0, also the last ones.")
def test_histogram_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        indices = numbers.integers(0, 12, 33)  # of 17 bins: the last ones stay empty
        learner.histogram(indices, 17).equals(histogram_oracle(indices, 17))


@check("histogram", "correct", hint="No indices at all: every count is 0.")
def test_histogram_counts_nothing(learner: Learner) -> None:
    learner.histogram(jnp.zeros(0, jnp.int32), 6).equals([0, 0, 0, 0, 0, 0])


@check(
    "histogram",
    "correct",
    hint="What lies past the last bin is dropped: neither clipped into it nor wrapped around.",
)
def test_histogram_drops_what_is_too_large(learner: Learner) -> None:
    learner.histogram(jnp.array([1, 6, 14, FARTHEST]), 6).equals([0, 1, 0, 0, 0, 0])


@check(
    "histogram",
    "correct",
    hint="A negative index wraps before the mode applies. Switch that off, or move it past the end first.",
)
def test_histogram_drops_negatives(learner: Learner) -> None:
    learner.histogram(jnp.array([1, -1, -6, -FARTHEST]), 6).equals([0, 1, 0, 0, 0, 0])


@check("histogram", "jit", hint="Keep all indices, and send those that do not count where they are dropped.")
def test_histogram_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(-3, 8, 9), 5) for _ in range(3)]
    results = compiles_once(learner.histogram.jit(static_argnums=1), calls)
    for call, result in zip(calls, results, strict=True):
        result.equals(histogram_oracle(*call))


def histogram_loop(indices: jax.Array, n_bins: int) -> jax.Array:
    counts = jnp.zeros(n_bins, jnp.int32)
    for k in range(len(indices)):
        counts = counts.at[indices[k]].add(1, mode="drop", wrap_negative_indices=False)
    return counts


@check("histogram", "speed", hint="Give .at[...] all indices at once; one scatter adds them all.")
def test_histogram_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.histogram.jit(static_argnums=1),
        histogram_loop,
        named="a Python loop of .at updates",
        draw=lambda size: (numbers.integers(-size // 8, size, size), size // 2),
        size=160,
        gate=GATES,
        numbers=numbers,
    )


# ---- safe_take


def safe_take_oracle(x: jax.Array, indices: Any, fill: Any) -> Array:
    values, places = np.asarray(x), np.asarray(indices)
    out = np.full((len(places), *values.shape[1:]), fill, values.dtype)
    for k, index in enumerate(places):
        if 0 <= index < len(values):
            out[k] = values[index]
    return out


@check("safe_take", "correct", hint="In range it is plain indexing: x[indices].")
def test_safe_take_by_hand(learner: Learner) -> None:
    x = jnp.array([10.0, 20.0, 30.0])
    learner.safe_take(x, jnp.array([2, 0, 2, 1]), 5.0).equals([30.0, 10.0, 30.0, 20.0])


@check("safe_take", "correct", hint="JAX raises nothing; it clamps such a read. Which indices are n or more?")
def test_safe_take_fills_what_is_too_large(learner: Learner) -> None:
    x = jnp.array([10.0, 20.0, 30.0])
    learner.safe_take(x, jnp.array([2, 3, 4, FARTHEST]), 5.0).equals([30.0, 5.0, 5.0, 5.0])


@check(
    "safe_take", "correct", hint="-1 is out of range here. To an index it is the last item, in every mode."
)
def test_safe_take_fills_negatives(learner: Learner) -> None:
    x = jnp.array([10.0, 20.0, 30.0])
    learner.safe_take(x, jnp.array([0, -1, -3, -FARTHEST]), 5.0).equals([10.0, 5.0, 5.0, 5.0])


@check(
    "safe_take",
    "correct",
    hint="Read along the first axis, and give the mask of shape (m,) an axis for each of the others.",
)
def test_safe_take_takes_items_of_any_shape(learner: Learner, numbers: Numbers) -> None:
    for shape, m in (((4, 4), 4), ((1, 2, 3), 17)):
        x, indices = numbers.normal(shape), numbers.integers(-2 * shape[0], 2 * shape[0], m)
        learner.safe_take(x, indices, -1.0).equals(safe_take_oracle(x, indices, -1.0))


@check(
    "safe_take",
    "correct",
    hint="0 * nan is nan, and x may hold a nan of its own. Let the indices decide, with where.",
)
def test_safe_take_keeps_nan_apart(learner: Learner) -> None:
    indices = jnp.array([0, 1, 2, 3])
    learner.safe_take(jnp.array([1.0, jnp.nan, jnp.inf]), indices, 5.0).equals([1.0, np.nan, np.inf, 5.0])
    learner.safe_take(jnp.array([1.0, 2.0, 3.0]), indices, jnp.nan).equals([1.0, 2.0, 3.0, np.nan])


@check("safe_take", "correct", hint="Results have the dtype of x, whatever fill is.")
def test_safe_take_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    x, indices = float16(numbers.normal(3)), jnp.array([0, 2, 4, -1])
    learner.safe_take(x, indices, 5.0).equals(safe_take_oracle(x, indices, 5.0))


@check("safe_take", "jit", hint="Keep one result an index; let jnp.where choose between x and fill.")
def test_safe_take_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5, 2)), numbers.integers(-9, 9, 7), numbers.normal()) for _ in range(2)]
    for call, result in zip(calls, compiles_once(learner.safe_take.jit(), calls), strict=True):
        result.equals(safe_take_oracle(*call))


@check("safe_take", "jit", hint="One gather reads at all indices.")
def test_safe_take_has_no_python_loop(learner: Learner) -> None:
    x, fill = jnp.zeros((5, 2)), jnp.float32(1.0)
    small, large = (x, jnp.zeros(8, jnp.int32), fill), (x, jnp.zeros(16, jnp.int32), fill)
    same_size_for(learner.safe_take.jit(), small, large)


# ---- segment_max


def segment_max_oracle(values: jax.Array, segments: Any, n_segments: int) -> Array:
    numbers = np.asarray(values)
    out = np.full(n_segments, -np.inf, numbers.dtype)
    for value, segment in zip(numbers, np.asarray(segments), strict=True):
        if 0 <= segment < n_segments:
            out[segment] = max(out[segment], value)
    return out


@check(
    "segment_max",
    "correct",
    hint="Each value competes at the place that its segment names; the largest stays, not the last.",
)
def test_segment_max_by_hand(learner: Learner) -> None:
    learner.segment_max(jnp.array([8.0, 3.0, 2.0, 5.0]), jnp.array([0, 0, 1, 1]), 2).equals([8.0, 5.0])


@check("segment_max", "correct", hint="Build it from an indexed update; the rules name what is left out.")
def test_segment_max_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.segment_max, "jax.ops")


@check("segment_max", "correct", hint="Start below every value: a start at 0 beats all negative ones.")
def test_segment_max_takes_negative_values(learner: Learner) -> None:
    learner.segment_max(jnp.array([-8.0, -3.0, -5.0, -9.0]), jnp.array([0, 0, 1, 1]), 2).equals([-3.0, -5.0])


@check("segment_max", "correct", hint="Segments come in any order; do not count on sorted ones.")
def test_segment_max_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(2):
        values, segments = numbers.normal(33), numbers.permutation(33) % 5  # none is empty
        learner.segment_max(values, segments, 5).equals(segment_max_oracle(values, segments, 5))


@check("segment_max", "correct", hint="The maximum of nothing is -inf.")
def test_segment_max_gives_minus_infinity_for_empty(learner: Learner) -> None:
    values, segments = jnp.array([3.0, 8.0, 5.0, 2.0]), jnp.array([3, 1, 3, 1])
    learner.segment_max(values, segments, 5).equals([-np.inf, 8.0, -np.inf, 5.0, -np.inf])
    learner.segment_max(jnp.zeros(0), jnp.zeros(0, jnp.int32), 5).equals(np.full(5, -np.inf))


@check(
    "segment_max",
    "correct",
    hint="What lies past the last segment is dropped: neither clipped into it nor wrapped.",
)
def test_segment_max_drops_what_is_too_large(learner: Learner) -> None:
    values, segments = jnp.array([1.0, 9.0, 9.0, 9.0]), jnp.array([0, 2, 3, FARTHEST])
    learner.segment_max(values, segments, 2).equals([1.0, -np.inf])


@check(
    "segment_max",
    "correct",
    hint="A negative index wraps before the mode applies. Switch that off, or move it past the end first.",
)
def test_segment_max_drops_negatives(learner: Learner) -> None:
    values, segments = jnp.array([1.0, 9.0, 9.0, 9.0]), jnp.array([0, -1, -2, -FARTHEST])
    learner.segment_max(values, segments, 2).equals([1.0, -np.inf])


@check("segment_max", "correct", hint="jnp.full makes float32 unless you give it a dtype.")
def test_segment_max_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    values, segments = float16(numbers.normal(4)), jnp.array([1, 0, 1, 0])
    learner.segment_max(values, segments, 2).equals(segment_max_oracle(values, segments, 2))


@check("segment_max", "jit", hint="Keep all values, and see that those that do not count cannot win.")
def test_segment_max_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal(9), numbers.integers(-2, 6, 9), 4) for _ in range(3)]
    results = compiles_once(learner.segment_max.jit(static_argnums=2), calls)
    for call, result in zip(calls, results, strict=True):
        result.equals(segment_max_oracle(*call))


def segment_max_loop(values: jax.Array, segments: jax.Array, n_segments: int) -> jax.Array:
    out = jnp.full(n_segments, -jnp.inf, values.dtype)
    for k in range(len(values)):
        out = out.at[segments[k]].max(values[k], mode="drop", wrap_negative_indices=False)
    return out


@check("segment_max", "speed", hint="Give .at[...] all segments at once; one scatter takes all maxima.")
def test_segment_max_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.segment_max.jit(static_argnums=2),
        segment_max_loop,
        named="a Python loop of .at updates",
        draw=lambda size: (numbers.normal(size), numbers.integers(-size // 8, size, size), size // 2),
        size=160,
        gate=GATES,
        numbers=numbers,
    )


# ---- swap_rows


def swap_rows_oracle(matrix: jax.Array, i: Any, j: Any) -> Array:
    out = np.array(matrix)
    out[[int(i), int(j)]] = out[[int(j), int(i)]]
    return out


@check(
    "swap_rows",
    "correct",
    hint="Both rows come from the old matrix. If the first write has taken its name, the second reads a row that is gone.",
)
def test_swap_rows_by_hand(learner: Learner) -> None:
    learner.swap_rows(jnp.array([[1.0, 2.0], [3.0, 4.0]]), 0, 1).equals([[3.0, 4.0], [1.0, 2.0]])


@check("swap_rows", "correct", hint="The order of i and j does not matter, and the rows between them stay.")
def test_swap_rows_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for i, j in ((16, 0), (3, 9)):
        matrix = numbers.normal((17, 2))
        learner.swap_rows(matrix, i, j).close_to(swap_rows_oracle(matrix, i, j))


@check("swap_rows", "correct", hint="With i = j both writes hit one row; it must come out as it went in.")
def test_swap_rows_leaves_equal_rows(learner: Learner, numbers: Numbers) -> None:
    matrix = numbers.normal((17, 2))
    learner.swap_rows(matrix, 4, 4).close_to(np.asarray(matrix))


@check(
    "swap_rows",
    "correct",
    hint="-1 names the last row. An index knows that; a comparison with row numbers does not.",
)
def test_swap_rows_counts_negatives_from_the_end(learner: Learner, numbers: Numbers) -> None:
    for i, j in ((-1, 0), (2, -3), (-1, 16)):
        matrix = numbers.normal((17, 2))
        learner.swap_rows(matrix, i, j).close_to(swap_rows_oracle(matrix, i, j))


@check(
    "swap_rows",
    "correct",
    hint="Move rows, compute nothing: sums and products round, and inf - inf and 0 * inf are nan.",
)
def test_swap_rows_moves_every_bit(learner: Learner) -> None:
    for rows in ([[1e30, 2.0], [1.0, 1e-30]], [[jnp.inf, 1.0], [2.0, jnp.nan]]):
        matrix = jnp.array(rows)
        learner.swap_rows(matrix, 0, 1).equals(swap_rows_oracle(matrix, 0, 1))


@check("swap_rows", "jit", hint="i and j are traced: index with them, and branch on nothing.")
def test_swap_rows_compiles_once(learner: Learner, numbers: Numbers) -> None:
    matrix = numbers.normal((5, 2))
    calls = [(matrix, jnp.int32(i), jnp.int32(j)) for i, j in ((0, 3), (2, 2), (-1, 1))]
    for call, result in zip(calls, compiles_once(learner.swap_rows.jit(), calls), strict=True):
        result.close_to(swap_rows_oracle(*call))


# ---- one_hot


def one_hot_oracle(labels: Any, n_classes: int) -> Array:
    out = np.zeros((len(labels), n_classes))
    for k, label in enumerate(np.asarray(labels)):
        if 0 <= label < n_classes:
            out[k, label] = 1
    return out


@check("one_hot", "correct", hint="Row k has one 1.0, at column labels[k]: walk rows and labels together.")
def test_one_hot_by_hand(learner: Learner) -> None:
    expected = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    learner.one_hot(jnp.array([1, 2, 0, 1]), 3).equals(expected)


@check("one_hot", "correct", hint="Rows and classes are counted apart: there may be more of either.")
def test_one_hot_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    labels = numbers.integers(0, 17, 2)
    learner.one_hot(labels, 17).equals(one_hot_oracle(labels, 17))


@check(
    "one_hot",
    "correct",
    hint="To an index, -1 is the last column. Switch that off, or move it past the end first.",
)
def test_one_hot_gives_zeros_for_minus_one(learner: Learner) -> None:
    labels = jnp.array([1, -1, 0, -1])
    learner.one_hot(labels, 3).equals(one_hot_oracle(labels, 3))


@check("one_hot", "correct", hint="Labels below 0 and from n_classes on give zeros, and touch no other row.")
def test_one_hot_gives_zeros_out_of_range(learner: Learner) -> None:
    for labels in (jnp.array([3, -2, 0, 4]), jnp.array([FARTHEST, -3, -4, -FARTHEST])):
        learner.one_hot(labels, 3).equals(one_hot_oracle(labels, 3))


@check(
    "one_hot", "jit", hint="Write for every label, and send those that do not count where they are dropped."
)
def test_one_hot_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(-3, 6, 7), 4) for _ in range(3)]
    for call, result in zip(calls, compiles_once(learner.one_hot.jit(static_argnums=1), calls), strict=True):
        result.equals(one_hot_oracle(*call))


@check("one_hot", "jit", hint="Start from zeros and write the ones with .at[rows, columns].")
def test_one_hot_writes_by_scatter(learner: Learner) -> None:
    handle, labels = learner.one_hot.jit(static_argnums=1), jnp.zeros(7, jnp.int32)
    primitives = handle.program(labels, 4).primitives
    writes = [name for name in primitives if name.startswith(("scatter", "dynamic_update"))]
    complaint = "is right, but not by the rules"
    got = ", ".join(sorted(primitives))
    handle(labels, 4).require(writes, complaint, expected="a scatter in its program", got=got)


@check("one_hot", "jit", hint="One scatter writes all rows.")
def test_one_hot_has_no_python_loop(learner: Learner) -> None:
    small, large = (jnp.zeros(7, jnp.int32), 4), (jnp.zeros(14, jnp.int32), 8)
    same_size_for(learner.one_hot.jit(static_argnums=1), small, large)


# ---- life_step


def life_oracle(board: Any) -> Array:
    cells = np.asarray(board)
    h, w = cells.shape
    around = [(di, dj) for di in (-1, 0, 1) for dj in (-1, 0, 1) if (di, dj) != (0, 0)]
    out = np.zeros_like(cells)
    for i in range(h):
        for j in range(w):
            neighbours = sum(int(cells[(i + di) % h, (j + dj) % w]) for di, dj in around)
            out[i, j] = neighbours == 3 or (neighbours == 2 and cells[i, j] == 1)
    return out


@check(
    "life_step",
    "correct",
    hint="Three in a row turn by a quarter. Count eight neighbours, not the cell itself; when you roll, name both axes.",
)
def test_life_step_blinks(learner: Learner) -> None:
    board, turned = np.zeros((2, 9, 7), np.int32)
    board[3, 2:5] = turned[2:5, 3] = 1
    learner.life_step(jnp.asarray(board)).equals(turned)


@check(
    "life_step",
    "correct",
    hint="Three neighbours give or keep life, two keep it, else a cell dies. All cells change at once.",
)
def test_life_step_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for _ in range(3):
        board = np.zeros((9, 7), np.int32)
        board[2:-2, 2:-2] = numbers.booleans((5, 3))  # nothing alive near the border
        learner.life_step(jnp.asarray(board)).equals(life_oracle(board))


@check(
    "life_step",
    "correct",
    hint="On a torus rows wrap, columns wrap, each by its own length, and so do the corners.",
)
def test_life_step_wraps_around(learner: Learner, numbers: Numbers) -> None:
    corners = np.zeros((9, 7), np.int32)
    corners[[0, 0, -1], [0, -1, 0]] = 1  # on a torus these three are neighbours
    learner.life_step(jnp.asarray(corners)).equals(life_oracle(corners))
    board = numbers.integers(0, 2, (9, 7))
    learner.life_step(board).equals(life_oracle(board))


@check(
    "life_step",
    "correct",
    hint="Take the eight offsets modulo the sides: on a thin board several of them meet one cell.",
)
def test_life_step_counts_on_thin_boards(learner: Learner) -> None:
    board = jnp.array([[1], [0]])  # the upper cell is its own left and right neighbour
    learner.life_step(board).equals([[1], [0]])


@check("life_step", "correct", hint="Cast the result to board.dtype.")
def test_life_step_keeps_the_dtype(learner: Learner) -> None:
    result = learner.life_step(jnp.array([[1], [0]], jnp.int8)).equals([[1], [0]])
    dtype = result.value.dtype
    result.require(dtype == jnp.int8, "changed the dtype", expected="int8", got=dtype.name)


@check(
    "life_step", "jit", hint="Treat dead and living cells alike: how many live is not known while JAX traces."
)
def test_life_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.integers(0, 2, (3, 4)),) for _ in range(3)]
    for call, result in zip(calls, compiles_once(learner.life_step.jit(), calls), strict=True):
        result.equals(life_oracle(*call))


def life_loop(board: jax.Array) -> jax.Array:
    h, w = board.shape
    around = [(di, dj) for di in (-1, 0, 1) for dj in (-1, 0, 1) if (di, dj) != (0, 0)]
    after = board
    for i in range(h):
        for j in range(w):
            neighbours = sum(board[(i + di) % h, (j + dj) % w] for di, dj in around)
            after = after.at[i, j].set((neighbours == 3) | (neighbours == 2) & (board[i, j] == 1))
    return after


@check(
    "life_step",
    "speed",
    hint="Shift the whole board: that gives everybody's left neighbour in one operation.",
)
def test_life_step_beats_the_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.life_step.jit(),
        life_loop,
        named="a Python loop over cells",
        draw=lambda size: (numbers.integers(0, 2, (size, size)),),
        size=8,
        gate=GATES,
        numbers=numbers,
    )


# ---- ring_push


@check(
    "ring_push",
    "correct",
    hint="Write where the cursor stands, leave the rest in place, then move the cursor on.",
)
def test_ring_push_by_hand(learner: Learner) -> None:
    ring, cursor, item = jnp.array([1.0, 2.0, 3.0]), jnp.array(1), jnp.array(9.0)
    learner.ring_push(ring, cursor, item).equals(([1.0, 9.0, 3.0], 2))


@check("ring_push", "correct", hint="From the last place the cursor goes back to 0.")
def test_ring_push_wraps(learner: Learner) -> None:
    ring, item = jnp.array([1.0, 2.0, 3.0]), jnp.array(9.0)
    learner.ring_push(ring, jnp.array(2), item).equals(([1.0, 2.0, 9.0], 0))
    learner.ring_push(jnp.array([1.0]), jnp.array(0), item).equals(([9.0], 0))


@check("ring_push", "correct", hint="An item may be an array of any shape; it replaces all of ring[cursor].")
def test_ring_push_agrees_with_a_list(learner: Learner, numbers: Numbers) -> None:
    ring, cursor = numbers.normal((3, 2, 2)), jnp.array(0)
    kept = list(np.asarray(ring))
    for k in range(5):
        item = numbers.normal((2, 2))
        kept[k % 3] = np.asarray(item)
        pushed = learner.ring_push(ring, cursor, item).equals((np.stack(kept), (k + 1) % 3))
        ring, cursor = pushed.value


@check(
    "ring_push",
    "correct",
    hint="Convert the item to the ring's dtype before they meet; the cursor keeps its integer dtype.",
)
def test_ring_push_keeps_the_dtypes(learner: Learner, numbers: Numbers) -> None:
    ring, cursor, item = float16(numbers.normal(3)), jnp.int16(1), jnp.float32(0.5)
    ring_after, cursor_after = (result := learner.ring_push(ring, cursor, item)).value
    got = f"{ring_after.dtype.name} and {cursor_after.dtype.name}"
    same = (ring_after.dtype, cursor_after.dtype) == (ring.dtype, cursor.dtype)
    result.require(same, "changed a dtype", expected="float16 and int16", got=got)
    result[0].equals(np.array([ring[0], 0.5, ring[2]], np.float16))


@check("ring_push", "jit", hint="The cursor is traced: index with it, wrap it with arithmetic.")
def test_ring_push_compiles_once(learner: Learner, numbers: Numbers) -> None:
    ring, item = numbers.normal((3, 2)), numbers.normal(2)
    calls = [(ring, jnp.int32(k), item) for k in (0, 2)]
    for (_, cursor, _), result in zip(calls, compiles_once(learner.ring_push.jit(), calls), strict=True):
        expected = np.array(ring)
        expected[int(cursor)] = item
        result.equals((expected, (int(cursor) + 1) % 3))


@check("ring_push", "jit", hint="Ring and cursor come out in the shapes and dtypes they went in with.")
def test_ring_push_goes_round_without_a_retrace(learner: Learner, numbers: Numbers) -> None:
    handle = learner.ring_push.jit()
    ring, cursor, item = numbers.normal((3, 2)), jnp.int32(0), numbers.normal(2)
    result = handle(ring, cursor, item)
    before = handle.traces
    for _ in range(4):
        result = handle(*result.value, item)
    traces = handle.traces - before
    complaint = "is traced again when it gets its own result back"
    result.require(traces == 0, complaint, expected="no new trace", got=f"{traces} new traces")
    result.equals((np.stack([item] * 3), 5 % 3))


@check(
    "ring_push",
    "jit",
    hint="Write the one place that changes; rolling, joining or gathering the ring makes another one.",
)
def test_ring_push_lives_in_the_old_ring(learner: Learner, numbers: Numbers) -> None:
    handle = learner.ring_push.jit(donate_argnums=0)
    ring, cursor, item = numbers.normal((1024, 2)), jnp.int32(700), numbers.normal(2)
    expected, n_bytes = np.array(ring), ring.nbytes
    expected[700] = item
    memory = handle.compiled(ring, cursor, item).memory_analysis()
    result = handle(ring, cursor, item).equals((expected, 701))
    result.require(
        ring.is_deleted() and memory.alias_size_in_bytes >= n_bytes,
        "did not take the old ring's memory over, although it was donated",
        expected=f"{n_bytes} bytes shared with the old ring",
        got=f"{memory.alias_size_in_bytes} bytes",
        hint="A donated buffer is used again for a result of the same shape and dtype. Return such a ring.",
    )
    # The ring is 8 KiB; what else a write needs is a few hundred bytes.
    result.require(
        memory.temp_size_in_bytes < n_bytes // 2,
        "makes another ring on the way",
        expected=f"far less than the ring's {n_bytes} bytes of temporary memory",
        got=f"{memory.temp_size_in_bytes} bytes",
    )
