"""Day 1: arrays and purity.

Think in whole arrays: no loops over elements, nothing changed in place, nothing hidden.
Floats are float32 today, and finite where nothing else is said.
Lesson: README.md beside this file. Grade: python -m grader day01
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


def standardize(x: Float[Array, "n d"], eps: float = 1e-6) -> Float[Array, "n d"]:
    """Shift and scale each column of a table to mean 0 and standard deviation 1.

        z[i, j] = (x[i, j] - mean_j) / (deviation_j + eps)

    mean_j and deviation_j belong to column j. The deviation divides by n, not by n - 1.
    A column that holds the same whole number in each of a few rows has deviation 0: eps keeps the
    division finite, and the column becomes 0. (Of many rows the mean may be rounded.) A column far
    from zero, such as 10000, 10001, 10002, must come out as well as 0, 1, 2.

    Rules: take all columns at once or one after the other, as you like.
    Example: standardize([[1, 5, 0], [3, 5, 8]]) = [[-1, 0, -1], [1, 0, 1]], up to eps.
    Reference: JAX documentation, "Arrays and jax.numpy".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def softmax(x: Float[Array, "*shape"], axis: int = -1) -> Float[Array, "*shape"]:
    """Turn logits into probabilities that sum to 1 along one axis.

        softmax(x)_i = exp(x_i) / Σ_j exp(x_j)

    Logits may be as large as ±10000, where exp(x) overflows or vanishes. The answer must still be right
    to five digits, small probabilities such as 1e-25 too. Only differences between logits matter:
    softmax(x + c) = softmax(x).

    Rules: not through jax.nn or jax.scipy. axis is a static int and may be negative.
    Example: softmax([0, ln 3, ln 4]) = [0.125, 0.375, 0.5].
    Reference: Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax
    functions" (2021).
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def pairwise_squared_distances(x: Float[Array, "n d"], y: Float[Array, "m d"]) -> Float[Array, "n m"]:
    """Measure the squared distance from every row of x to every row of y.

        D[i, j] = Σ_k (x[i, k] - y[j, k])²

    No entry is ever negative, not even by rounding. The expansion |x|² + |y|² - 2 x·y, clipped at 0, will
    do: it may round at the size of |x|² and |y|².

    Example: x = [[0, 0]], y = [[3, 4], [0, 1]] gives [[25, 1]].
    Reference: NumPy documentation, "Broadcasting".
    """
    # Your code here: about 2 lines.
    raise NotImplementedError


def kmeans_step(
    points: Float[Array, "n d"], centres: Float[Array, "k d"]
) -> tuple[Float[Array, "k d"], Int[Array, " n"]]:
    """Do one step of k-means and return `(new_centres, labels)`.

        labels[i]      = argmin_j |points[i] - centres[j]|²
        new_centres[j] = mean of the points with labels[i] = j

    Labels belong to the centres that came in, not to the new ones.
    A point equally near to several centres goes to the first of them.
    A centre that gets no point stays where it is.
    Labels are right far from the origin, too: with centres 9999 and 10002, the point 10001.5 belongs to
    the second. Take differences first and squares afterwards. All numbers are finite.

    Example: points [[0], [2], [7]] and centres [[5], [99]]
    give new centres [[3], [99]] and labels [0, 0, 0].
    Reference: Lloyd, "Least squares quantization in PCM" (1982).
    """
    # Your code here: about 6 lines.
    raise NotImplementedError


def masked_mean(x: Float[Array, " n"], mask: Bool[Array, " n"]) -> Float[Array, ""]:
    """Average the entries of x where the mask is True.

        masked_mean(x, mask) = Σ_{i: mask_i} x_i / (how many mask_i are True)

    Where the mask is True nowhere, the answer is 0.
    What lies under a False does not count, whatever it is: even NaN or infinity.
    A NaN or an infinity under a True does count: then the answer is NaN, or that infinity.
    x has at least one entry, and may have 100,000: the count is exact.

    Rules: it must compile under jax.jit with a traced mask, so no array's shape may depend on it.
    Example: masked_mean([1, 2, 6], [True, False, True]) = 3.5.
    Reference: JAX documentation, "Errors", under NonConcreteBooleanIndexError.
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def rolling_mean(x: Float[Array, " n"], window: int) -> Float[Array, " n-{window}+1"]:
    """Average every run of `window` neighbours in a series.

        means[i] = (x[i] + x[i + 1] + ... + x[i + window - 1]) / window

    Only windows that lie wholly inside x count, so there are n - window + 1 of them; a window of n gives
    an array of one. Running sums will do: they may round at the size of the sums.

    Rules: window is a static int, 1 <= window <= n. A Python loop over the window is fine, one over x is
    timed.
    Example: rolling_mean([1, 2, 3, 7], 2) = [1.5, 2.5, 5].
    Reference: JAX documentation, "Arrays and jax.numpy", on indexing.
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def bank_step(
    balance: Float[Array, ""], transaction: Float[Array, ""]
) -> tuple[Float[Array, ""], Bool[Array, ""]]:
    """Apply one transaction to a bank account and return `(new_balance, accepted)`.

        accepted    = balance + transaction >= 0
        new_balance = balance + transaction   if accepted, else balance

    A deposit is positive, a withdrawal negative. The balance that comes in is never negative,
    and both numbers are finite.
    Taking out exactly everything is accepted, and so is a transaction of 0. A withdrawal that is too large
    by the least bit is refused, and pays out nothing, not even a part.

    Rules: no Python `if` on a value, no global or other hidden state: a call leaves nothing behind. Both
    results are arrays.
    Example: bank_step(100, -30) = (70, True), and bank_step(100, -130) = (100, False).
    Reference: JAX documentation, "Stateful computations".
    """
    # Your code here: about 3 lines.
    raise NotImplementedError


def bilinear_sample(image: Float[Array, "h w"], coordinates: Float[Array, "n 2"]) -> Float[Array, " n"]:
    """★ Read an image at fractional (row, column) coordinates by bilinear interpolation.

    Between the four pixels around a point, with r = top + a and c = left + b, 0 <= a, b <= 1:

        value = (1-a)(1-b) I[top, left]    + (1-a) b I[top, left + 1]
              +    a (1-b) I[top + 1, left] +    a b I[top + 1, left + 1]

    A whole-number coordinate is the pixel itself: (0, 0) is the first, (h - 1, w - 1) the last.
    A coordinate outside the image is first clamped to the border: rows to [0, h - 1], columns to
    [0, w - 1]. So (-5, 1) reads as (0, 1). An image may be a single row, column or pixel.

    Rules: not through jax.scipy.
    Example: the image [[0, 1], [2, 3]] at [[0.5, 0.5], [1, 1]] gives [1.5, 3].
    Reference: JAX documentation, "jax.scipy.ndimage.map_coordinates" (order 1, mode "nearest").
    """
    # Your code here: about 11 lines.
    raise NotImplementedError
