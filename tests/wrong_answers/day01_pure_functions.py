"""Plausible mistakes of day 1; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.answers import caught_by


@caught_by("correct", "centres_each_column")
def standardize__over_the_whole_table(x, eps=1e-6):
    """Takes one mean and one deviation for all columns together."""
    return (x - jnp.mean(x)) / (jnp.std(x) + eps)


@caught_by("correct", "centres_each_column")
def standardize__rows_instead_of_columns(x, eps=1e-6):
    """Standardizes along the wrong axis."""
    mean = jnp.mean(x, axis=1, keepdims=True)
    return (x - mean) / (jnp.std(x, axis=1, keepdims=True) + eps)


@caught_by("correct", "by_hand")
def standardize__sample_deviation(x, eps=1e-6):
    """Divides by n - 1, as statisticians do."""
    return (x - jnp.mean(x, axis=0)) / (jnp.std(x, axis=0, ddof=1) + eps)


@caught_by("correct", "centres_each_column")
def standardize__in_place(x, eps=1e-6):
    """Assigns to the columns of the array it was given."""
    for j in range(x.shape[1]):
        x[:, j] = (x[:, j] - x[:, j].mean()) / (x[:, j].std() + eps)
    return x


@caught_by("correct", "by_hand")
def standardize__variance_for_deviation(x, eps=1e-6):
    """Forgets the square root; where the deviation is 1, nobody sees it."""
    return (x - jnp.mean(x, axis=0)) / (jnp.var(x, axis=0) + eps)


@caught_by("correct", "keeps_a_constant_column_finite")
def standardize__without_eps(x, eps=1e-6):
    """Divides 0 by 0 in a constant column."""
    return (x - jnp.mean(x, axis=0)) / jnp.std(x, axis=0)


@caught_by("correct", "survives_a_column_far_from_zero")
def standardize__mean_of_squares(x, eps=1e-6):
    """E[x²] - E[x]² subtracts two huge numbers, and the variance drowns in rounding."""
    mean = jnp.mean(x, axis=0)
    variance = jnp.maximum(jnp.mean(x * x, axis=0) - mean * mean, 0)
    return (x - mean) / (jnp.sqrt(variance) + eps)


@caught_by("correct", "adds_eps_to_the_deviation")
def standardize__eps_inside_the_root(x, eps=1e-6):
    """Adds eps to the variance, as batch normalisation does."""
    return (x - jnp.mean(x, axis=0)) / jnp.sqrt(jnp.var(x, axis=0) + eps)


@caught_by("jit", "compiles_once")
def standardize__through_numpy(x, eps=1e-6):
    """Computes in NumPy and converts at the end."""
    x = np.asarray(x)
    return jnp.asarray((x - x.mean(axis=0)) / (x.std(axis=0) + eps))


@caught_by("jit", "compiles_once")
def standardize__asks_whether_constant(x, eps=1e-6):
    """Branches in Python on a value."""
    deviation = jnp.std(x, axis=0)
    if jnp.any(deviation == 0):
        deviation = jnp.where(deviation == 0, 1.0, deviation)
    return (x - jnp.mean(x, axis=0)) / (deviation + eps)


@caught_by("correct", "survives_huge_logits")
def softmax__without_shift(x, axis=-1):
    """Exponentiates raw logits, so that large ones overflow."""
    weights = jnp.exp(x)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "survives_huge_logits")
def softmax__clipped_logits(x, axis=-1):
    """Avoids the overflow by clipping, and so makes different logits equal."""
    weights = jnp.exp(jnp.clip(x, -80, 80))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "survives_huge_logits")
def softmax__shifted_by_the_mean(x, axis=-1):
    """Subtracts the mean: the largest logit may still be thousands above it."""
    weights = jnp.exp(x - jnp.mean(x, axis=axis, keepdims=True))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "survives_huge_logits")
def softmax__maximum_added_back(x, axis=-1):
    """Forms log-sum-exp in full: next to a logit of 10000 its last digits are gone."""
    largest = jnp.max(x, axis=axis, keepdims=True)
    log_sum = largest + jnp.log(jnp.sum(jnp.exp(x - largest), axis=axis, keepdims=True))
    return jnp.exp(x - log_sum)


@caught_by("correct", "shifts_each_row_by_its_own_maximum")
def softmax__shifted_by_the_global_maximum(x, axis=-1):
    """One shift for all rows: a row far below it underflows to 0 / 0."""
    weights = jnp.exp(x - jnp.max(x))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "follows_the_axis")
def softmax__ignores_axis(x, axis=-1):
    """Always works along the last axis."""
    weights = jnp.exp(x - jnp.max(x, axis=-1, keepdims=True))
    return weights / jnp.sum(weights, axis=-1, keepdims=True)


@caught_by("correct", "follows_the_axis")
def softmax__without_keepdims(x, axis=-1):
    """Reduces the axis away, so that the rows no longer line up."""
    weights = jnp.exp(x - jnp.max(x))
    return weights / jnp.sum(weights, axis=axis)


@caught_by("correct", "follows_the_axis")
def softmax__over_everything(x, axis=-1):
    """Makes the whole array sum to 1."""
    weights = jnp.exp(x - jnp.max(x))
    return weights / jnp.sum(weights)


@caught_by("correct", "keeps_to_its_rules")
def softmax__from_the_library(x, axis=-1):
    """Calls the function that it should write."""
    return jax.nn.softmax(x, axis=axis)


@caught_by("jit", "compiles_once")
def softmax__shifts_only_when_needed(x, axis=-1):
    """Looks at the values to decide whether a shift is needed."""
    if jnp.max(jnp.abs(x)) > 80:
        x = x - jnp.max(x, axis=axis, keepdims=True)
    weights = jnp.exp(x)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("jit", "compiles_once")
def softmax__numpy_maximum(x, axis=-1):
    """Takes the maximum with NumPy, which cannot see a tracer."""
    weights = jnp.exp(x - np.max(np.asarray(x), axis=axis, keepdims=True))
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__not_squared(x, y):
    """Takes the root."""
    return jnp.linalg.norm(x[:, None] - y[None], axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__row_by_row(x, y):
    """Compares row i with row i only."""
    return jnp.sum((x - y) ** 2, axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__transposed(x, y):
    """Puts y on the rows."""
    return jnp.sum((y[:, None] - x[None]) ** 2, axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__city_block(x, y):
    """Adds absolute differences."""
    return jnp.sum(jnp.abs(x[:, None] - y[None]), axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__mean_over_features(x, y):
    """Averages over the features."""
    return jnp.mean((x[:, None] - y[None]) ** 2, axis=-1)


@caught_by("correct", "is_never_negative")
def pairwise_squared_distances__matmul_identity_unclipped(x, y):
    """|x|² + |y|² - 2 x·y rounds to a little below zero for equal rows."""
    return jnp.sum(x * x, 1)[:, None] + jnp.sum(y * y, 1) - 2 * x @ y.T


@caught_by("jit", "compiles_once")
def pairwise_squared_distances__filled_in_numpy(x, y):
    """Writes into a NumPy array, which cannot hold tracers."""
    result = np.zeros((len(x), len(y)), np.float32)
    for i in range(len(x)):
        result[i] = jnp.sum((x[i] - y) ** 2, axis=1)
    return jnp.asarray(result)


@caught_by("speed", "beats_the_double_loop")
def pairwise_squared_distances__double_loop_under_jit(x, y):
    """Compiles the double loop, which writes it out: fast once it is compiled, and that takes for ever."""

    @jax.jit
    def loops(x, y):
        rows = [
            jnp.stack([jnp.sum((x[i] - y[j]) ** 2) for j in range(y.shape[0])]) for i in range(x.shape[0])
        ]
        return jnp.stack(rows)

    return loops(x, y)


@caught_by("speed", "beats_the_double_loop")
def pairwise_squared_distances__double_loop(x, y):
    """Right, but pays for a handful of dispatches at every pair."""
    return jnp.stack([jnp.stack([jnp.sum((a - b) ** 2) for b in y]) for a in x])


@caught_by("correct", "keeps_the_centre_of_an_empty_cluster")
def kmeans_step__mean_of_nothing(points, centres):
    """Divides by the count, even where it is 0."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    return total / jnp.sum(member, axis=0)[:, None], labels


@caught_by("correct", "keeps_the_centre_of_an_empty_cluster")
def kmeans_step__empty_goes_to_the_origin(points, centres):
    """Avoids 0 / 0, but lets an empty cluster fall to zero."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    return total / jnp.maximum(jnp.sum(member, axis=0), 1)[:, None], labels


@caught_by("correct", "labels_by_the_old_centres")
def kmeans_step__labels_after_the_move(points, centres):
    """Labels the points again by the new centres."""
    squared = jnp.sum((points[:, None] - centres) ** 2, -1)
    member = jnp.argmin(squared, axis=1)[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    moved = jnp.where(count > 0, total / jnp.maximum(count, 1), centres)
    return moved, jnp.argmin(jnp.sum((points[:, None] - moved) ** 2, -1), axis=1)


@caught_by("correct", "breaks_ties_by_the_first_centre")
def kmeans_step__last_of_equals(points, centres):
    """Loops with <=, so that the last of equally near centres wins."""
    labels = jnp.zeros(len(points), int)
    nearest = jnp.full(len(points), jnp.inf)
    for j in range(len(centres)):
        squared = jnp.sum((points - centres[j]) ** 2, axis=1)
        labels = jnp.where(squared <= nearest, j, labels)
        nearest = jnp.minimum(squared, nearest)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    return jnp.where(count > 0, total / jnp.maximum(count, 1), centres), labels


@caught_by("correct", "breaks_ties_by_the_first_centre")
def kmeans_step__shared_by_all_nearest(points, centres):
    """Counts a point in every cluster that is equally near."""
    squared = jnp.sum((points[:, None] - centres) ** 2, -1)
    member = squared == jnp.min(squared, axis=1, keepdims=True)
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    moved = jnp.where(count > 0, total / jnp.maximum(count, 1), centres)
    return moved, jnp.argmin(squared, axis=1)


@caught_by("correct", "by_hand")
def kmeans_step__divides_by_all_points(points, centres):
    """Divides each total by the number of all points."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    member = labels[:, None] == jnp.arange(len(centres))
    total = jnp.sum(jnp.where(member[..., None], points[:, None], 0), axis=0)
    count = jnp.sum(member, axis=0)[:, None]
    return jnp.where(count > 0, total / len(points), centres), labels


@caught_by("jit", "compiles_once")
def kmeans_step__cuts_the_clusters_out(points, centres):
    """Indexes with a mask, whose result has no static shape."""
    labels = jnp.argmin(jnp.sum((points[:, None] - centres) ** 2, -1), axis=1)
    moved = []
    for j in range(len(centres)):
        cluster = points[labels == j]
        moved.append(cluster.mean(axis=0) if len(cluster) else centres[j])
    return jnp.stack(moved), labels


@caught_by("speed", "beats_python_loops")
def kmeans_step__python_loops(points, centres):
    """Right, but visits every point and every centre in Python."""
    labels = jnp.stack([jnp.argmin(jnp.stack([jnp.sum((p - c) ** 2) for c in centres])) for p in points])
    moved = []
    for j, centre in enumerate(centres):
        total, count = jnp.zeros_like(centre), jnp.zeros(())
        for i, point in enumerate(points):
            total = total + jnp.where(labels[i] == j, point, 0)
            count = count + jnp.where(labels[i] == j, 1.0, 0.0)
        moved.append(jnp.where(count > 0, total / jnp.maximum(count, 1), centre))
    return jnp.stack(moved), labels


@caught_by("correct", "by_hand")
def masked_mean__divides_by_n(x, mask):
    """Averages over all entries, the zeroed ones too."""
    return jnp.mean(jnp.where(mask, x, 0))


@caught_by("correct", "ignores_what_is_masked_out")
def masked_mean__multiplies_by_the_mask(x, mask):
    """0 times NaN is NaN."""
    weight = mask.astype(x.dtype)
    return jnp.sum(x * weight) / jnp.maximum(jnp.sum(weight), 1)


@caught_by("correct", "is_zero_for_an_empty_mask")
def masked_mean__nothing_over_nothing(x, mask):
    """Forgets that the count may be 0."""
    return jnp.mean(x, where=mask)


@caught_by("correct", "is_zero_for_an_empty_mask")
def masked_mean__falls_back_to_the_mean(x, mask):
    """Averages everything when the mask is empty."""
    return jnp.where(mask.any(), jnp.mean(x, where=mask), jnp.mean(x))


@caught_by("correct", "keeps_a_nan_that_counts")
def masked_mean__hides_nan(x, mask):
    """Turns every NaN into 0, also one that is in the data."""
    return jnp.nan_to_num(jnp.mean(x, where=mask))


@caught_by("correct", "counts_zeros")
def masked_mean__skips_zeros(x, mask):
    """Takes an entry of 0 for one that is masked out."""
    kept = jnp.where(mask, x, 0)
    return jnp.sum(kept) / jnp.maximum(jnp.count_nonzero(kept), 1)


@caught_by("jit", "compiles_once")
def masked_mean__boolean_index(x, mask):
    """Cuts the entries out: the shape depends on the mask."""
    return jnp.sum(x[mask]) / jnp.maximum(jnp.sum(mask), 1)


@caught_by("jit", "compiles_once")
def masked_mean__asks_the_mask(x, mask):
    """Branches in Python on a value."""
    if not mask.any():
        return jnp.zeros((), x.dtype)
    return jnp.mean(x, where=mask)


@caught_by("correct", "by_hand")
def rolling_mean__misses_the_last_window(x, window):
    """Off by one: n - window windows."""
    start = jnp.arange(x.shape[0] - window)
    return jnp.mean(x[start[:, None] + jnp.arange(window)], axis=1)


@caught_by("correct", "by_hand")
def rolling_mean__padded_with_zeros(x, window):
    """Keeps the length by averaging zeros in at the ends."""
    return jnp.convolve(x, jnp.ones(window) / window, mode="same")


@caught_by("correct", "by_hand")
def rolling_mean__wraps_around(x, window):
    """Rolls the end of the series to its beginning."""
    return sum(jnp.roll(x, -k) for k in range(window)) / window


@caught_by("correct", "by_hand")
def rolling_mean__sums(x, window):
    """Forgets to divide."""
    total = jnp.concatenate([jnp.zeros(1), jnp.cumsum(x)])
    return total[window:] - total[:-window]


@caught_by("correct", "by_hand")
def rolling_mean__cumsum_without_the_zero(x, window):
    """Loses the first window."""
    total = jnp.cumsum(x)
    return (total[window:] - total[:-window]) / window


@caught_by("correct", "takes_a_window_of_one")
def rolling_mean__stops_at_minus_zero(x, window):
    """For a window of 1 the slice ends at -0, which is 0: nothing is left."""
    start = jnp.arange(len(x))[: -(window - 1)]
    return jnp.mean(x[start[:, None] + jnp.arange(window)], axis=1)


@caught_by("correct", "agrees_with_numpy")
def rolling_mean__windows_do_not_overlap(x, window):
    """Cuts the series into blocks; clamped indices hide it in short examples."""
    start = jnp.arange(x.shape[0] - window + 1) * max(window - 1, 1)
    return jnp.mean(x[start[:, None] + jnp.arange(window)], axis=1)


@caught_by("jit", "compiles_once")
def rolling_mean__numpy_views(x, window):
    """Uses NumPy's sliding windows."""
    views = np.lib.stride_tricks.sliding_window_view(np.asarray(x), window)
    return jnp.asarray(views.mean(axis=1))


@caught_by("speed", "beats_the_slicing_loop")
def rolling_mean__slicing_loop(x, window):
    """Right, but slices in Python."""
    return jnp.stack([jnp.mean(x[i : i + window]) for i in range(len(x) - window + 1)])


@caught_by("correct", "refuses_to_go_below_zero")
def bank_step__pays_out_a_part(balance, transaction):
    """Clamps at zero: a refused withdrawal still empties the account."""
    return jnp.maximum(balance + transaction, 0), balance + transaction >= 0


@caught_by("correct", "refuses_to_go_below_zero")
def bank_step__overdraws(balance, transaction):
    """Reports the refusal, but books the transaction."""
    return balance + transaction, balance + transaction >= 0


@caught_by("correct", "refuses_to_go_below_zero")
def bank_step__always_accepts(balance, transaction):
    """Leaves the balance alone, but says that all is well."""
    proposed = balance + transaction
    return jnp.where(proposed >= 0, proposed, balance), jnp.array(True)


@caught_by("correct", "may_empty_the_account")
def bank_step__keeps_a_penny(balance, transaction):
    """Refuses to empty the account."""
    proposed = balance + transaction
    return jnp.where(proposed > 0, proposed, balance), proposed > 0


@caught_by("correct", "accepts_every_deposit")
def bank_step__refuses_large_transactions(balance, transaction):
    """Compares sizes, and so refuses a deposit larger than the balance."""
    accepted = jnp.abs(transaction) <= balance
    return jnp.where(accepted, balance + transaction, balance), accepted


@caught_by("correct", "by_hand")
def bank_step__hidden_account(balance, transaction, account={}):
    """Keeps the balance in a mutable default and ignores the argument from then on."""
    current = account.setdefault("balance", balance)
    proposed = current + transaction
    account["balance"] = jnp.where(proposed >= 0, proposed, current)
    return account["balance"], proposed >= 0


@caught_by("jit", "compiles_once")
def bank_step__python_if(balance, transaction):
    """Branches in Python on a value."""
    if balance + transaction < 0:
        return balance, jnp.array(False)
    return balance + transaction, jnp.array(True)


@caught_by("jit", "compiles_once")
def bank_step__numpy_where(balance, transaction):
    """np.where cannot see a tracer."""
    proposed = balance + transaction
    return jnp.asarray(np.where(proposed >= 0, proposed, balance)), proposed >= 0


@caught_by("correct", "by_hand")
def bilinear_sample__nearest_pixel(image, coordinates):
    """Rounds to the nearest pixel."""
    row = jnp.clip(jnp.round(coordinates[:, 0]).astype(int), 0, image.shape[0] - 1)
    column = jnp.clip(jnp.round(coordinates[:, 1]).astype(int), 0, image.shape[1] - 1)
    return image[row, column]


@caught_by("correct", "reads_rows_before_columns")
def bilinear_sample__x_before_y(image, coordinates):
    """Takes the first coordinate for the column."""
    h, w = image.shape
    c, r = jnp.clip(coordinates[:, 0], 0, w - 1), jnp.clip(coordinates[:, 1], 0, h - 1)
    top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


@caught_by("correct", "weighs_the_nearer_pixel_more")
def bilinear_sample__weights_swapped(image, coordinates):
    """Gives the far pixel the large weight; in the middle nobody sees it."""
    h, w = image.shape
    r, c = jnp.clip(coordinates[:, 0], 0, h - 1), jnp.clip(coordinates[:, 1], 0, w - 1)
    top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
    bottom, right = jnp.ceil(r).astype(int), jnp.ceil(c).astype(int)
    a, b = r - top, c - left
    above = b * image[top, left] + (1 - b) * image[top, right]
    below = b * image[bottom, left] + (1 - b) * image[bottom, right]
    return a * above + (1 - a) * below


@caught_by("correct", "clamps_at_the_border")
def bilinear_sample__not_clamped(image, coordinates):
    """Trusts JAX to clamp; but -1 is the last row, and the weights still extrapolate."""
    r, c = coordinates[:, 0], coordinates[:, 1]
    top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


@caught_by("correct", "clamps_at_the_border")
def bilinear_sample__clamps_the_indices_only(image, coordinates):
    """Clamps the upper left pixel but not the coordinates, and so extrapolates outside."""
    h, w = image.shape
    r, c = coordinates[:, 0], coordinates[:, 1]
    top = jnp.clip(jnp.floor(r).astype(int), 0, h - 2)
    left = jnp.clip(jnp.floor(c).astype(int), 0, w - 2)
    a, b = r - top, c - left
    above = (1 - b) * image[top, left] + b * image[top, left + 1]
    below = (1 - b) * image[top + 1, left] + b * image[top + 1, left + 1]
    return (1 - a) * above + a * below


@caught_by("correct", "keeps_to_its_rules")
def bilinear_sample__from_the_library(image, coordinates):
    """Calls the function that it should write."""
    return jax.scipy.ndimage.map_coordinates(image, list(coordinates.T), order=1, mode="nearest")


@caught_by("jit", "compiles_once")
def bilinear_sample__python_integers(image, coordinates):
    """Pulls each coordinate out of the array to use it as an index."""
    h, w = image.shape
    values = []
    for row, column in coordinates:
        r, c = float(jnp.clip(row, 0, h - 1)), float(jnp.clip(column, 0, w - 1))
        top, left = int(r), int(c)
        bottom, right = min(top + 1, h - 1), min(left + 1, w - 1)
        above = image[top, left] * (1 - c + left) + image[top, right] * (c - left)
        below = image[bottom, left] * (1 - c + left) + image[bottom, right] * (c - left)
        values.append(above * (1 - r + top) + below * (r - top))
    return jnp.stack(values)


@caught_by("speed", "beats_a_loop_over_the_points")
def bilinear_sample__point_by_point(image, coordinates):
    """Right, but reads one point after the other in Python."""
    h, w = image.shape
    values = []
    for row, column in coordinates:
        r, c = jnp.clip(row, 0, h - 1), jnp.clip(column, 0, w - 1)
        top, left = jnp.floor(r).astype(int), jnp.floor(c).astype(int)
        bottom, right = jnp.minimum(top + 1, h - 1), jnp.minimum(left + 1, w - 1)
        a, b = r - top, c - left
        above = (1 - b) * image[top, left] + b * image[top, right]
        below = (1 - b) * image[bottom, left] + b * image[bottom, right]
        values.append((1 - a) * above + a * below)
    return jnp.stack(values)
