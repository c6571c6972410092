"""Checks of day 1: arrays and purity.

Every oracle is NumPy in float64, with loops where loops are clearest.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Handle, Learner, Numbers, bans, check, compiles_once, must_beat

Array = np.ndarray[Any, Any]


def wide(x: Any) -> Array:
    """The same numbers in float64."""
    return np.asarray(x, np.float64)


def goes_round(compiled: Handle, *arguments: Any) -> None:
    """A result that goes in again, as the next call's state, is no reason for a new trace."""
    before = compiled.traces
    again = compiled(*arguments)
    traces = compiled.traces - before
    hint = "Return the state with the dtype that it came with; another dtype is another program."
    complaint = "is traced anew for its own result"
    again.require(traces == 0, complaint, expected="no new trace", got=f"{traces} more", hint=hint)


# ---- standardize


def standardize_oracle(x: Any, eps: float = 1e-6) -> Array:
    columns = wide(x)
    z: Array = (columns - columns.mean(axis=0)) / (columns.std(axis=0) + eps)
    return z


@check(
    "standardize",
    "correct",
    hint="Each column has a mean of its own. Average down the columns: jnp.mean(x, axis=0) has one entry a"
    " column.",
)
def test_standardize_centres_each_column(learner: Learner) -> None:
    result = learner.standardize(jnp.array([[1.0, 10.0], [3.0, 30.0]])).finite()
    means = np.asarray(result.value).mean(axis=0)
    got = " and ".join(f"{mean:.3g}" for mean in means)
    result.require(
        np.abs(means).max() < 1e-5,
        "is not centred",
        expected="columns of mean 0 and 0",
        got=f"columns of mean {got}",
    )


@check(
    "standardize",
    "correct",
    hint="Each column has a deviation of its own: the root of its variance, and the variance divides by n.",
)
def test_standardize_by_hand(learner: Learner) -> None:
    x = jnp.array([[1.0, 10.0], [3.0, 30.0]])
    learner.standardize(x).close_to([[-1.0, -1.0], [1.0, 1.0]])


@check(
    "standardize",
    "correct",
    hint="A constant column has deviation 0, and 0 / 0 is nan. eps makes the divisor positive. Only that column becomes 0.",
)
def test_standardize_keeps_a_constant_column_finite(learner: Learner) -> None:
    x = jnp.array([[2.0, 1.0], [2.0, 3.0]])
    learner.standardize(x).close_to([[0.0, -1.0], [0.0, 1.0]])


@check(
    "standardize",
    "correct",
    hint="Subtract the mean first and square afterwards. mean(x²) - mean(x)² is a small difference of huge"
    " numbers, and 32 bits do not hold it.",
)
def test_standardize_survives_a_column_far_from_zero(learner: Learner, numbers: Numbers) -> None:
    x = 10_000.0 + numbers.integers(0, 10, (17, 3)).astype(jnp.float32)
    # float32 steps by 1e-3 at 10000: the mean may be off by half of that, against a deviation of about 3.
    learner.standardize(x).close_to(standardize_oracle(x), rtol=0, atol=1e-3)


@check(
    "standardize",
    "correct",
    hint="eps is added to the deviation, not to the variance under the root, and it is the argument, not "
    "always 1e-6.",
)
def test_standardize_adds_eps_to_the_deviation(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((17, 3), scale=2.0)
    learner.standardize(x, eps=0.5).close_to(standardize_oracle(x, 0.5))


@check(
    "standardize", "correct", hint="Compare mean and deviation of each column of your result with 0 and 1."
)
def test_standardize_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((17, 3), scale=3.0, mean=1.0)
    learner.standardize(x).close_to(standardize_oracle(x))


@check(
    "standardize", "jit", hint="Compute with jnp from x to the result: no NumPy, no Python branch on a value."
)
def test_standardize_compiles_once(learner: Learner, numbers: Numbers) -> None:
    xs = [numbers.normal((17, 3)), numbers.normal((17, 3), scale=5.0), jnp.ones((17, 3))]
    for x, result in zip(xs, compiles_once(learner.standardize.jit(), [(x,) for x in xs]), strict=True):
        result.close_to(standardize_oracle(x))


# ---- softmax


def softmax_oracle(x: Any, axis: int = -1) -> Array:
    logits = wide(x)
    weights = np.exp(logits - logits.max(axis=axis, keepdims=True))
    probabilities: Array = weights / weights.sum(axis=axis, keepdims=True)
    return probabilities


@check("softmax", "correct", hint="Exponentiate, then divide by the sum of the exponentials.")
def test_softmax_by_hand(learner: Learner) -> None:
    x = jnp.asarray(np.log([1.0, 3.0, 4.0]), jnp.float32)
    learner.softmax(x).close_to([0.125, 0.375, 0.5])


@check(
    "softmax",
    "correct",
    hint="exp(10000) is infinite and exp(-10000) is 0. Subtract the largest logit before you exponentiate, and never add it "
    "back: beside 10000 the small numbers lose their digits.",
)
def test_softmax_survives_huge_logits(learner: Learner) -> None:
    for logits in ([1e4, 9999.0, -1e4], [-1e4, -9999.0, -1e4]):
        x = jnp.array(logits)
        learner.softmax(x).close_to(softmax_oracle(x))


@check(
    "softmax",
    "correct",
    hint="Reduce along `axis` alone, with keepdims=True in both reductions, so that the results broadcast "
    "against x.",
)
def test_softmax_follows_the_axis(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((5, 3), scale=2.0)
    for axis in (0, 1):
        learner.softmax(x, axis=axis).close_to(softmax_oracle(x, axis))


@check(
    "softmax",
    "correct",
    hint="One shift for the whole array lets a row far below it vanish: all its exponentials are 0. Take "
    "the maximum along the axis, for each row its own.",
)
def test_softmax_shifts_each_row_by_its_own_maximum(learner: Learner) -> None:
    x = jnp.array(
        [[1e4, 9999.0, 9998.0], [0.0, 1.0, 2.0], [-1e4, -9999.0, -9998.0], [-1e4, 0.0, 1e4], [3.0, 3.0, 3.0]]
    )
    learner.softmax(x, axis=1).close_to(softmax_oracle(x, 1))


@check(
    "softmax",
    "correct",
    hint="An axis in the middle is reduced like any other; a negative one counts from the end.",
)
def test_softmax_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal((2, 17, 3), scale=5.0)
    learner.softmax(x, axis=-2).close_to(softmax_oracle(x, -2))


@check(
    "softmax",
    "correct",
    hint="The library has it; here you write it. jnp.max, jnp.exp and jnp.sum are enough.",
)
def test_softmax_keeps_to_its_rules(learner: Learner) -> None:
    bans(learner.softmax, "jax.nn", "jax.scipy")


@check(
    "softmax",
    "jit",
    hint="Subtract the maximum always, not only when the logits are large; then there is nothing to ask.",
)
def test_softmax_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.softmax.jit(static_argnames="axis")
    xs = [numbers.normal((5, 3)), numbers.normal((5, 3), scale=5000.0)]
    for x, result in zip(xs, compiles_once(compiled, [(x,) for x in xs], axis=0), strict=True):
        result.close_to(softmax_oracle(x, 0))


# ---- pairwise_squared_distances


def distances_oracle(x: Any, y: Any) -> Array:
    return np.stack([np.sum((row - wide(y)) ** 2, axis=1) for row in wide(x)])


def distances_double_loop(x: Any, y: Any) -> Any:
    # Indexed: to walk over an array with `for row in x` compiles a program for each length.
    return jnp.array([[float(jnp.sum((x[i] - y[j]) ** 2)) for j in range(len(y))] for i in range(len(x))])


@check(
    "pairwise_squared_distances",
    "correct",
    hint="Entry [i, j] compares row i of x with row j of y: square the differences, add them up over the "
    "features, take no root.",
)
def test_pairwise_squared_distances_by_hand(learner: Learner) -> None:
    x, y = jnp.array([[0.0, 0.0]]), jnp.array([[3.0, 4.0], [0.0, 1.0]])
    learner.pairwise_squared_distances(x, y).close_to([[25.0, 1.0]])


@check(
    "pairwise_squared_distances",
    "correct",
    hint="All differences together have the shape (n, m, d). Which axis belongs to x, which to y, and "
    "which is summed away?",
)
def test_pairwise_squared_distances_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x, y = numbers.normal((17, 3)), numbers.normal((2, 3))
    # |x|² + |y|² - 2 x·y is an honest way, too: it rounds at the size of |x|² and |y|², some 10 here.
    learner.pairwise_squared_distances(x, y).close_to(distances_oracle(x, y), atol=2e-5)


@check(
    "pairwise_squared_distances",
    "correct",
    hint="|x|² + |y|² - 2 x·y subtracts nearly equal numbers and rounds to either side of zero. Sum "
    "squares of differences, or clip at 0.",
)
def test_pairwise_squared_distances_is_never_negative(learner: Learner, numbers: Numbers) -> None:
    # Points close together and far from the origin: some of the rounded differences are below zero.
    for far in (50.0, 100.0, 300.0, 700.0):
        x, y = far + numbers.normal((17, 3), scale=1e-3), far + numbers.normal((2, 3), scale=1e-3)
        distances = learner.pairwise_squared_distances(x, y).finite()
        smallest = np.asarray(distances.value).min()
        distances.require(smallest >= 0, "has a negative entry", expected="0 or more", got=f"{smallest:.4g}")


@check(
    "pairwise_squared_distances",
    "jit",
    hint="Build the result from JAX arrays; NumPy arrays cannot hold tracers.",
)
def test_pairwise_squared_distances_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((17, 3)), numbers.normal((2, 3))) for _ in range(2)]
    for (x, y), result in zip(
        calls, compiles_once(learner.pairwise_squared_distances.jit(), calls), strict=True
    ):
        result.close_to(distances_oracle(x, y), atol=2e-5)


@check(
    "pairwise_squared_distances",
    "speed",
    hint="Each jnp call has its fixed price, and a loop pays it at every pair. Insert axes with None so "
    "that one subtraction meets all pairs.",
)
def test_pairwise_squared_distances_beats_the_double_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.pairwise_squared_distances.jit(),
        distances_double_loop,
        named="a Python double loop",
        draw=lambda size: (numbers.normal((size, 3)), numbers.normal((size, 3))),
        size=16,
        gate=100,
        numbers=numbers,
    )


# ---- kmeans_step


def kmeans_oracle(points: Any, centres: Any) -> tuple[Array, Array]:
    points, moved = wide(points), wide(centres).copy()
    labels = distances_oracle(points, centres).argmin(axis=1)
    for j in range(len(moved)):
        if (labels == j).any():
            moved[j] = points[labels == j].mean(axis=0)
    return moved, labels


def kmeans_loops(points: Any, centres: Any) -> Any:
    n, k = len(points), len(centres)
    labels = []
    for i in range(n):
        squared = [float(jnp.sum((points[i] - centres[j]) ** 2)) for j in range(k)]
        labels.append(squared.index(min(squared)))
    moved = []
    for j in range(k):
        total, count = jnp.zeros_like(centres[j]), 0
        for i in range(n):
            if labels[i] == j:
                total, count = total + points[i], count + 1
        moved.append(total / count if count else centres[j])
    return jnp.stack(moved), jnp.array(labels)


def clear_clusters(numbers: Numbers, n: int) -> tuple[jax.Array, jax.Array]:
    """Points and centres without near-ties: rounding decides no label. The last centre gets no point."""
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [500.0, 500.0]])
    centres = corners + np.asarray(numbers.normal((4, 2), scale=0.3))
    pool = np.asarray(numbers.normal((20 * n, 2), scale=3.0))
    first, second = np.sort(distances_oracle(centres, pool), axis=0)[:2]
    clear = pool[second - first > 0.1]
    return jnp.asarray(clear[:n], jnp.float32), jnp.asarray(centres, jnp.float32)


@check(
    "kmeans_step",
    "correct",
    hint="Label each point with its nearest centre, then move each centre to the mean of its own points: "
    "their sum, divided by their number.",
)
def test_kmeans_step_by_hand(learner: Learner) -> None:
    points, centres = jnp.array([[0.0], [1.0], [9.0]]), jnp.array([[0.0], [10.0]])
    learner.kmeans_step(points, centres).close_to(([[0.5], [9.0]], [0, 0, 1]))


@check(
    "kmeans_step",
    "correct",
    hint="A cluster without points has no mean. Where the count is 0, choose the old centre with jnp.where.",
)
def test_kmeans_step_keeps_the_centre_of_an_empty_cluster(learner: Learner) -> None:
    points, centres = jnp.array([[0.0], [2.0], [7.0]]), jnp.array([[5.0], [99.0]])
    learner.kmeans_step(points, centres).close_to(([[3.0], [99.0]], [0, 0, 0]))


@check(
    "kmeans_step",
    "correct",
    hint="Return the labels that the means were made from: nearest to the centres that came in, not to the"
    " moved ones.",
)
def test_kmeans_step_labels_by_the_old_centres(learner: Learner) -> None:
    points, centres = jnp.array([[-6.0], [2.0], [4.0]]), jnp.array([[0.0], [5.0]])
    learner.kmeans_step(points, centres).close_to(([[-2.0], [4.0]], [0, 0, 1]))


@check(
    "kmeans_step",
    "correct",
    hint="The point 1 is equally near to 0 and 2. It goes to the first, and to no other; jnp.argmin takes "
    "the first.",
)
def test_kmeans_step_breaks_ties_by_the_first_centre(learner: Learner) -> None:
    points, centres = jnp.array([[1.0], [3.0], [0.0]]), jnp.array([[0.0], [2.0]])
    learner.kmeans_step(points, centres).close_to(([[0.5], [3.0]], [0, 1, 0]))


@check(
    "kmeans_step",
    "correct",
    hint="Every feature counts in the distance, and every centre moves in all its coordinates.",
)
def test_kmeans_step_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    points, centres = clear_clusters(numbers, 33)
    learner.kmeans_step(points, centres).close_to(kmeans_oracle(points, centres))


@check(
    "kmeans_step",
    "jit",
    hint="Do not cut clusters out: their sizes depend on data. An (n, k) table of who belongs where keeps "
    "its shape.",
)
def test_kmeans_step_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.kmeans_step.jit()
    calls = [clear_clusters(numbers, 33) for _ in range(2)]
    results = compiles_once(compiled, calls)
    for (points, centres), result in zip(calls, results, strict=True):
        result.close_to(kmeans_oracle(points, centres))
    goes_round(compiled, calls[0][0], results[0].value[0])


@check(
    "kmeans_step",
    "speed",
    hint="Two loops hide here: points against centres is one broadcast subtraction, and the means are sums"
    " over an (n, k) table of members.",
)
def test_kmeans_step_beats_python_loops(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.kmeans_step.jit(),
        kmeans_loops,
        named="Python loops over points and centres",
        draw=lambda size: clear_clusters(numbers, size),
        size=48,
        gate=40,
        numbers=numbers,
    )


# ---- masked_mean


def masked_mean_oracle(x: Any, mask: Any) -> float:
    kept = [value for value, keep in zip(wide(x), np.asarray(mask), strict=True) if keep]
    return float(np.mean(kept)) if kept else 0.0


@check("masked_mean", "correct", hint="Divide by the number of Trues in the mask, not by the length of x.")
def test_masked_mean_by_hand(learner: Learner) -> None:
    x, mask = jnp.array([1.0, 2.0, 6.0]), jnp.array([True, False, True])
    learner.masked_mean(x, mask).close_to(3.5)


@check(
    "masked_mean",
    "correct",
    hint="Without a single True the answer is 0. The sum is 0 already; keep the divisor at 1 or above.",
)
def test_masked_mean_is_zero_for_an_empty_mask(learner: Learner) -> None:
    x, mask = jnp.array([5.0, 7.0, -1.0]), jnp.array([False, False, False])
    learner.masked_mean(x, mask).equals(0.0)


@check(
    "masked_mean",
    "correct",
    hint="0 times nan is nan. Choose between the entry and 0 with jnp.where instead of multiplying.",
)
def test_masked_mean_ignores_what_is_masked_out(learner: Learner) -> None:
    x, mask = jnp.array([jnp.nan, 2.0, jnp.inf]), jnp.array([False, True, False])
    learner.masked_mean(x, mask).close_to(2.0)


@check(
    "masked_mean",
    "correct",
    hint="A nan that counts must show in the result. Treat the empty mask by its count, not by repairing "
    "nan afterwards.",
)
def test_masked_mean_keeps_a_nan_that_counts(learner: Learner) -> None:
    x, mask = jnp.array([jnp.nan, 2.0, 6.0]), jnp.array([True, True, False])
    learner.masked_mean(x, mask).close_to(np.nan)


@check(
    "masked_mean",
    "correct",
    hint="An entry of 0 under a True counts like any other: count the mask, not the entries.",
)
def test_masked_mean_counts_zeros(learner: Learner) -> None:
    x, mask = jnp.array([0.0, 4.0, 9.0]), jnp.array([True, True, False])
    learner.masked_mean(x, mask).close_to(2.0)


@check("masked_mean", "correct", hint="Sum the entries under a True, count the Trues, divide.")
def test_masked_mean_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for _ in range(8):
        x, mask = numbers.normal(3, mean=1.0), numbers.booleans(3)
        learner.masked_mean(x, mask).close_to(masked_mean_oracle(x, mask))


@check(
    "masked_mean",
    "jit",
    hint="Keep every entry, put 0 where the mask is False, and ask nothing of the mask in Python.",
)
def test_masked_mean_compiles_once(learner: Learner, numbers: Numbers) -> None:
    # Masks with different numbers of Trues, and one with none.
    calls = [(numbers.normal(33), numbers.booleans(33, probability)) for probability in (0.2, 0.8, 0.0)]
    for (x, mask), result in zip(calls, compiles_once(learner.masked_mean.jit(), calls), strict=True):
        result.close_to(masked_mean_oracle(x, mask))


# ---- rolling_mean


def rolling_mean_oracle(x: Any, window: int) -> Array:
    return np.array([wide(x)[i : i + window].mean() for i in range(len(x) - window + 1)])


def rolling_mean_loop(x: Any, window: int) -> Any:
    return jnp.array([float(jnp.mean(x[i : i + window])) for i in range(len(x) - window + 1)])


@check(
    "rolling_mean",
    "correct",
    hint="Window i is x[i] to x[i + window - 1], summed and divided by window. There are n - window + 1 of"
    " them: none padded, none wrapped around.",
)
def test_rolling_mean_by_hand(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0, 3.0, 7.0])
    learner.rolling_mean(x, window=2).close_to([1.5, 2.5, 5.0])


@check(
    "rolling_mean",
    "correct",
    hint="A window of 1 gives x itself. Is there a slice up to -(window - 1)? That is -0 here, and empty.",
)
def test_rolling_mean_takes_a_window_of_one(learner: Learner) -> None:
    x = jnp.array([1.0, 2.0, 3.0, 7.0])
    learner.rolling_mean(x, window=1).close_to([1.0, 2.0, 3.0, 7.0])


@check(
    "rolling_mean",
    "correct",
    hint="Window i begins at x[i]: from one window to the next it is a single step.",
)
def test_rolling_mean_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    x = numbers.normal(33)
    # A difference of running sums is an honest way, too: it rounds at the size of the sums, some 10 here.
    learner.rolling_mean(x, window=5).close_to(rolling_mean_oracle(x, 5), atol=1e-5)


@check(
    "rolling_mean",
    "jit",
    hint="window is a static Python int: shapes may depend on it. Values of x may decide nothing in Python.",
)
def test_rolling_mean_compiles_once(learner: Learner, numbers: Numbers) -> None:
    compiled = learner.rolling_mean.jit(static_argnames="window")
    xs = [numbers.normal(33), numbers.normal(33)]
    for x, result in zip(xs, compiles_once(compiled, [(x,) for x in xs], window=5), strict=True):
        result.close_to(rolling_mean_oracle(x, 5), atol=1e-5)


@check(
    "rolling_mean",
    "speed",
    hint="Read all windows at once: an array of positions, one row a window, is an index as good as a "
    "single number.",
)
def test_rolling_mean_beats_the_slicing_loop(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.rolling_mean.jit(static_argnames="window"),
        rolling_mean_loop,
        named="a Python loop over slices",
        draw=lambda size: (numbers.normal(size),),
        size=800,
        gate=30,
        numbers=numbers,
        window=8,
    )


# ---- bank_step


def money(amount: float) -> jax.Array:
    return jnp.asarray(amount, jnp.float32)


@check(
    "bank_step",
    "correct",
    hint="A withdrawal that the balance covers is booked: add the (negative) transaction.",
)
def test_bank_step_by_hand(learner: Learner) -> None:
    learner.bank_step(money(100), money(-30)).close_to((70.0, np.True_))


@check(
    "bank_step", "correct", hint="A refused withdrawal leaves the balance exactly as it was, and says False."
)
def test_bank_step_refuses_to_go_below_zero(learner: Learner) -> None:
    learner.bank_step(money(100), money(-130)).close_to((100.0, np.False_))


@check("bank_step", "correct", hint="Zero is not below zero: taking out everything is allowed.")
def test_bank_step_may_empty_the_account(learner: Learner) -> None:
    learner.bank_step(money(100), money(-100)).close_to((0.0, np.True_))


@check(
    "bank_step", "correct", hint="A deposit needs no cover. Only the balance after the transaction decides."
)
def test_bank_step_accepts_every_deposit(learner: Learner) -> None:
    learner.bank_step(money(5), money(20)).close_to((25.0, np.True_))
    learner.bank_step(money(0), money(20)).close_to((20.0, np.True_))


@check("bank_step", "correct", hint="Each step starts from the balance that came in, and from nothing else.")
def test_bank_step_keeps_an_account_for_a_year(learner: Learner, numbers: Numbers) -> None:
    # Whole amounts: every sum is exact.
    balance, expected = money(0), 0.0
    for transaction in np.asarray(numbers.integers(-50, 60, 52), np.float32):
        accepted = expected + transaction >= 0
        expected = float(expected + transaction) if accepted else expected
        step = learner.bank_step(balance, money(transaction)).equals((expected, np.bool_(accepted)))
        balance = step.value[0]


@check(
    "bank_step",
    "jit",
    hint="Compute the proposed balance, compare it with 0, and pick one of the two balances with jnp.where.",
)
def test_bank_step_compiles_once(learner: Learner) -> None:
    compiled = learner.bank_step.jit()
    calls = [(money(100), money(-30)), (money(100), money(-130)), (money(0), money(20))]
    expected = [(70.0, np.True_), (100.0, np.False_), (20.0, np.True_)]
    results = compiles_once(compiled, calls)
    for result, wanted in zip(results, expected, strict=True):
        result.close_to(wanted)
    goes_round(compiled, results[0].value[0], money(-30))


# ---- bilinear_sample


def bilinear_oracle(image: Any, coordinates: Any) -> Array:
    image = wide(image)
    last_row, last_column = image.shape[0] - 1, image.shape[1] - 1
    values = []
    for row, column in wide(coordinates):
        r, c = min(max(row, 0.0), last_row), min(max(column, 0.0), last_column)
        top, left = int(r), int(c)
        bottom, right = min(top + 1, last_row), min(left + 1, last_column)
        above = image[top, left] * (left + 1 - c) + image[top, right] * (c - left)
        below = image[bottom, left] * (left + 1 - c) + image[bottom, right] * (c - left)
        values.append(above * (top + 1 - r) + below * (r - top))
    return np.array(values)


def bilinear_loop(image: Any, coordinates: Any) -> Any:
    last_row, last_column = image.shape[0] - 1, image.shape[1] - 1
    values = []
    for i in range(len(coordinates)):
        r = float(jnp.clip(coordinates[i, 0], 0, last_row))
        c = float(jnp.clip(coordinates[i, 1], 0, last_column))
        top, left = int(r), int(c)
        bottom, right = min(top + 1, last_row), min(left + 1, last_column)
        above = image[top, left] * (left + 1 - c) + image[top, right] * (c - left)
        below = image[bottom, left] * (left + 1 - c) + image[bottom, right] * (c - left)
        values.append(float(above * (top + 1 - r) + below * (r - top)))
    return jnp.array(values)


def points_around(numbers: Numbers, n: int, h: int, w: int) -> jax.Array:
    """n points in and around an image: a few in ten lie outside."""
    rows, columns = numbers.uniform(-1.0, h, n), numbers.uniform(-1.0, w, n)
    return jnp.asarray(np.stack([np.asarray(rows), np.asarray(columns)], axis=1))


SQUARE = [[0.0, 1.0], [2.0, 3.0]]


@check(
    "bilinear_sample",
    "correct",
    hint="In the middle of four pixels each has the weight 1/4; on a pixel it alone counts.",
)
def test_bilinear_sample_by_hand(learner: Learner) -> None:
    learner.bilinear_sample(jnp.array(SQUARE), jnp.array([[0.5, 0.5], [1.0, 1.0]])).close_to([1.5, 3.0])


@check(
    "bilinear_sample",
    "correct",
    hint="A coordinate is (row, column), as in image[row, column]. It is not (x, y).",
)
def test_bilinear_sample_reads_rows_before_columns(learner: Learner) -> None:
    learner.bilinear_sample(jnp.array(SQUARE), jnp.array([[1.0, 0.0], [0.0, 1.0]])).close_to([2.0, 1.0])


@check(
    "bilinear_sample",
    "correct",
    hint="A quarter of the way from top to bottom, the top still has the weight 3/4.",
)
def test_bilinear_sample_weighs_the_nearer_pixel_more(learner: Learner) -> None:
    learner.bilinear_sample(jnp.array(SQUARE), jnp.array([[0.25, 0.0], [0.0, 0.25]])).close_to([0.5, 0.25])


@check(
    "bilinear_sample",
    "correct",
    hint="Clamp the coordinates before you take floor and fraction. Index -1 is the last row, and a "
    "fraction taken outside extrapolates.",
)
def test_bilinear_sample_clamps_at_the_border(learner: Learner) -> None:
    image = jnp.array(SQUARE)
    learner.bilinear_sample(image, jnp.array([[-0.25, 0.5], [1.5, 1.0]])).close_to([0.5, 3.0])
    learner.bilinear_sample(image, jnp.array([[-5.0, 9.0], [9.0, -5.0]])).close_to([1.0, 2.0])


@check(
    "bilinear_sample",
    "correct",
    hint="Below the last row there is no other: bottom and right stay at h - 1 and w - 1.",
)
def test_bilinear_sample_reads_an_image_of_one_row(learner: Learner) -> None:
    image = jnp.array([[1.0, 3.0, 7.0]])
    learner.bilinear_sample(image, jnp.array([[0.0, 1.5], [2.0, 2.0]])).close_to([5.0, 7.0])


@check(
    "bilinear_sample", "correct", hint="Height and width differ here: rows end at h - 1, columns at w - 1."
)
def test_bilinear_sample_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    image = numbers.normal((5, 3))
    for _ in range(10):  # two points at a time: the shape that is compiled already
        coordinates = points_around(numbers, 2, 5, 3)
        # A coordinate of 4 is rounded by 2e-7, and so is each weight.
        learner.bilinear_sample(image, coordinates).close_to(bilinear_oracle(image, coordinates), atol=5e-6)


@check(
    "bilinear_sample",
    "correct",
    hint="The library has it; here you write it. image[rows, columns] reads many pixels at once.",
)
def test_bilinear_sample_keeps_to_its_rules(learner: Learner) -> None:
    bans(learner.bilinear_sample, "jax.scipy")


@check(
    "bilinear_sample",
    "jit",
    hint="Index with arrays, jnp.floor(row).astype(int), and keep int() and float() out of it.",
)
def test_bilinear_sample_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5, 3)), points_around(numbers, 17, 5, 3)) for _ in range(2)]
    for (image, coordinates), result in zip(
        calls, compiles_once(learner.bilinear_sample.jit(), calls), strict=True
    ):
        result.close_to(bilinear_oracle(image, coordinates), atol=5e-6)


@check(
    "bilinear_sample",
    "speed",
    hint="Take the columns of `coordinates` apart, not its rows: every step works on all n points together.",
)
def test_bilinear_sample_beats_a_loop_over_the_points(learner: Learner, numbers: Numbers) -> None:
    must_beat(
        learner,
        learner.bilinear_sample.jit(),
        bilinear_loop,
        named="a Python loop over the points",
        draw=lambda size: (numbers.normal((9, 7)), points_around(numbers, size, 9, 7)),
        size=48,
        gate=40,
        numbers=numbers,
    )
