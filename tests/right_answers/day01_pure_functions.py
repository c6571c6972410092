"""Honest solutions of day 1, written another way; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def standardize__column_by_column(x, eps=1e-6):
    """Goes over the columns in Python and stacks them again."""
    columns = []
    for column in x.T:
        mean = column.sum() / column.size
        deviation = jnp.sqrt(((column - mean) ** 2).sum() / column.size)
        columns.append((column - mean) / (deviation + eps))
    return jnp.stack(columns, axis=1)


def standardize__lifted_with_vmap(x, eps=1e-6):
    """Writes one column and maps it over axis 1, out again on axis 1."""

    def one_column(column):
        centred = column - column.mean()
        return centred / (jnp.sqrt(jnp.mean(centred * centred)) + eps)

    return jax.vmap(one_column, in_axes=1, out_axes=1)(x)


@jax.jit
def standardize__compiled_by_the_learner(x, eps=1e-6):
    """Brings its own jit."""
    return (x - x.mean(0, keepdims=True)) / (jnp.sqrt(x.var(0, keepdims=True)) + eps)


def standardize__var_with_where(x, eps=1e-6):
    """Writes exact zeros where a column is constant."""
    centred = x - jnp.mean(x, axis=0)
    deviation = jnp.sqrt(jnp.mean(jnp.square(centred), axis=0))
    return jnp.where(deviation == 0, 0.0, centred / (deviation + eps))


def softmax__in_the_log_domain(x, axis=-1):
    """Subtracts the logarithm of the sum, then exponentiates once."""
    shifted = x - x.max(axis=axis, keepdims=True)
    return jnp.exp(shifted - jnp.log(jnp.exp(shifted).sum(axis=axis, keepdims=True)))


def softmax__axis_moved_last(x, axis=-1):
    """Moves the axis to the end, works there, and moves it back."""
    x = jnp.moveaxis(x, axis, -1)
    x = x - x.max(axis=-1)[..., None]
    y = jnp.exp(x) / jnp.exp(x).sum(axis=-1)[..., None]
    return jnp.moveaxis(y, -1, axis)


def softmax__all_differences(x, axis=-1):
    """1 / Σ_j exp(x_j - x_i): an infinite sum is a probability of 0, which is right."""
    x = jnp.moveaxis(x, axis, -1)
    y = 1 / jnp.sum(jnp.exp(x[..., None, :] - x[..., :, None]), axis=-1)
    return jnp.moveaxis(y, -1, axis)


def pairwise_squared_distances__nested_vmap(x, y):
    """One pair, lifted twice."""

    def one_pair(a, b):
        return jnp.sum(jnp.square(a - b))

    return jax.vmap(lambda a: jax.vmap(lambda b: one_pair(a, b))(y))(x)


def pairwise_squared_distances__matmul_identity(x, y):
    """|x|² + |y|² - 2 x·y, clipped because rounding can push it below zero."""
    product = jnp.matmul(x, y.T, precision=lax.Precision.HIGHEST)
    squared = (x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2 * product
    return jnp.maximum(squared, 0)


def pairwise_squared_distances__einsum(x, y):
    """Contracts the difference with itself."""
    difference = jnp.expand_dims(x, 1) - jnp.expand_dims(y, 0)
    return jnp.einsum("nmd,nmd->nm", difference, difference, precision="highest")


@jax.jit
def pairwise_squared_distances__loop_over_features(x, y):
    """Adds up one feature at a time and never holds an (n, m, d) array."""
    total = jnp.zeros((x.shape[0], y.shape[0]), x.dtype)
    for k in range(x.shape[1]):
        total = total + jnp.subtract.outer(x[:, k], y[:, k]) ** 2
    return total


def kmeans_step__segment_sum(points, centres):
    """Adds up points and ones by label."""
    k = centres.shape[0]
    labels = jnp.argmin(jnp.linalg.norm(points[:, None] - centres, axis=-1), axis=-1)
    total = jax.ops.segment_sum(points, labels, num_segments=k)
    count = jax.ops.segment_sum(jnp.ones(len(points)), labels, num_segments=k)
    mean = total / jnp.where(count == 0, 1, count)[:, None]
    return jnp.where((count == 0)[:, None], centres, mean), labels


def kmeans_step__scatter(points, centres):
    """Adds into zeros with .at."""
    distances = jax.vmap(lambda p: jnp.sum((p - centres) ** 2, axis=1))(points)
    labels = distances.argmin(axis=1)
    total = jnp.zeros_like(centres).at[labels].add(points)
    count = jnp.zeros(centres.shape[0]).at[labels].add(1.0)[:, None]
    return jnp.where(count > 0, total / jnp.clip(count, 1), centres), labels


@jax.jit
def kmeans_step__nan_replaced(points, centres):
    """Lets the mean of an empty cluster be NaN, then puts the old centre there."""
    labels = jnp.argmin(((points[None] - centres[:, None]) ** 2).sum(-1), axis=0)
    means = []
    for j in range(centres.shape[0]):
        means.append(jnp.mean(points, axis=0, where=(labels == j)[:, None]))
    means = jnp.stack(means)
    return jnp.where(jnp.isnan(means), centres, means), labels


def kmeans_step__one_hot_matmul(points, centres):
    """Multiplies the membership table with the points."""
    squared = jnp.square(points[:, None, :] - centres[None, :, :]).sum(axis=2)
    labels = jnp.argmin(squared, axis=1)
    member = jax.nn.one_hot(labels, centres.shape[0])
    count = member.sum(axis=0)[:, None]
    total = jnp.matmul(member.T, points, precision=lax.Precision.HIGHEST)
    return jnp.where(count == 0, centres, total / jnp.maximum(count, 1.0)), labels


def masked_mean__mean_with_where(x, mask):
    """Uses the where argument, and catches the empty mask afterwards."""
    return jnp.where(mask.any(), jnp.mean(x, where=mask), 0.0)


def masked_mean__with_cond(x, mask):
    """Chooses with lax.cond whether to divide."""
    kept = lax.select(mask, x, jnp.zeros_like(x))
    return lax.cond(jnp.any(mask), lambda: kept.sum() / mask.sum(), lambda: jnp.zeros((), kept.dtype))


def masked_mean__with_fori_loop(x, mask):
    """Walks over the entries in a compiled loop."""

    def add(i, carry):
        total, count = carry
        return total + jnp.where(mask[i], x[i], 0.0), count + jnp.where(mask[i], 1.0, 0.0)

    total, count = lax.fori_loop(0, x.shape[0], add, (jnp.float32(0), jnp.float32(0)))
    return jnp.where(count == 0, 0.0, total / jnp.where(count == 0, 1.0, count))


@jax.jit
def masked_mean__sum_with_where(x, mask):
    """Sums with the where argument; a count below a half can only be 0."""
    return jnp.sum(x, where=mask) / jnp.maximum(jnp.count_nonzero(mask), 0.5)


def rolling_mean__convolution(x, window):
    """A window of equal weights, slid over x."""
    kernel = jnp.ones(window, x.dtype) / window
    return jnp.convolve(x, kernel, mode="valid", precision="highest")


def rolling_mean__cumulative_sum(x, window):
    """The difference of two running sums."""
    total = jnp.concatenate([jnp.zeros(1, x.dtype), jnp.cumsum(x)])
    return (total[window:] - total[:-window]) / window


def rolling_mean__dynamic_slices(x, window):
    """One slice, lifted over its start."""

    def one(start):
        return lax.dynamic_slice(x, (start,), (window,)).mean()

    return jax.vmap(one)(jnp.arange(len(x) - window + 1))


def rolling_mean__reduce_window(x, window):
    """The primitive made for it."""
    return lax.reduce_window(x, 0.0, lax.add, (window,), (1,), "VALID") / window


def rolling_mean__shifted_copies(x, window):
    """Adds the shifted copies of x; the loop runs over the window, not over x."""
    n = x.shape[0] - window + 1
    return sum(x[k : k + n] for k in range(window)) / window


def bank_step__with_cond(balance, transaction):
    """Chooses between two functions."""
    return lax.cond(
        balance + transaction >= 0,
        lambda: (balance + transaction, jnp.array(True)),
        lambda: (balance, jnp.array(False)),
    )


def bank_step__with_arithmetic(balance, transaction):
    """Adds the transaction times 0 or 1."""
    accepted = jnp.logical_not(balance < -transaction)
    return balance + accepted * transaction, accepted


def bank_step__deposits_first(balance, transaction):
    """Asks whether it is a deposit, then whether the account covers it."""
    deposit = transaction >= 0
    covered = jnp.abs(transaction) <= balance
    accepted = deposit | covered
    return lax.select(accepted, balance + transaction, balance), accepted


@jax.jit
def bank_step__with_select(balance, transaction):
    """Uses jnp.select with a default."""
    accepted = jnp.greater_equal(balance + transaction, 0.0)
    return jnp.select([accepted], [balance + transaction], balance), accepted


def bilinear_sample__one_point_lifted(image, coordinates):
    """One coordinate pair, lifted over the rest."""
    h, w = image.shape

    def one(point):
        row = jnp.clip(point[0], 0.0, h - 1.0)
        column = jnp.clip(point[1], 0.0, w - 1.0)
        top = row.astype(jnp.int32)
        left = column.astype(jnp.int32)
        a, b = row - top, column - left
        # Past the last row or column the index is clamped by JAX, and its weight is 0.
        return (
            (1 - a) * (1 - b) * image[top, left]
            + (1 - a) * b * image[top, left + 1]
            + a * (1 - b) * image[top + 1, left]
            + a * b * image[top + 1, left + 1]
        )

    return jax.vmap(one)(coordinates)


def bilinear_sample__padded_image(image, coordinates):
    """Repeats the last row and column, so that there is always a next one."""
    limits = jnp.array(image.shape) - 1
    coordinates = jnp.clip(coordinates, 0, limits)
    corner = jnp.floor(coordinates).astype(int)
    a, b = (coordinates - corner).T
    padded = jnp.pad(image, ((0, 1), (0, 1)), mode="edge")
    i, j = corner.T
    return (
        padded[i, j] * (1 - a) * (1 - b)
        + padded[i, j + 1] * (1 - a) * b
        + padded[i + 1, j] * a * (1 - b)
        + padded[i + 1, j + 1] * a * b
    )


@jax.jit
def bilinear_sample__hat_weights(image, coordinates):
    """Every pixel has a tent of weight around it; most of them are 0."""
    h, w = image.shape
    row = jnp.clip(coordinates[:, 0], 0, h - 1)
    column = jnp.clip(coordinates[:, 1], 0, w - 1)
    down = jnp.maximum(0, 1 - jnp.abs(row[:, None] - jnp.arange(h)))
    across = jnp.maximum(0, 1 - jnp.abs(column[:, None] - jnp.arange(w)))
    return jnp.einsum("nh,hw,nw->n", down, image, across, precision="highest")


def bilinear_sample__corner_kept_inside(image, coordinates):
    """Moves the corner up by one at the last row; in an image of one row, -1 is that row."""
    h, w = image.shape
    r, c = jnp.clip(coordinates[:, 0], 0, h - 1), jnp.clip(coordinates[:, 1], 0, w - 1)
    top = jnp.minimum(jnp.floor(r).astype(int), h - 2)
    left = jnp.minimum(jnp.floor(c).astype(int), w - 2)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below
